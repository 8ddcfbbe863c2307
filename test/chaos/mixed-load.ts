import type { ServerProcess } from "../support/server-process.ts";
import type { ChaosBench } from "./chaos-bench.ts";

interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The field of an answer that has the task id, and the product's request about a task. */
interface Kind {
  readonly start: (n: number) => Call;
  readonly idIn: RegExp;
  readonly describe: (id: string) => Call;
}

const JSON_BODY = { "content-type": "application/json" };
const FORM_BODY = { "content-type": "application/x-www-form-urlencoded" };
const lingjun = (action: string) => ({ "x-acs-version": "2022-12-15", "x-acs-action": action });
const named = (version: string, action: string) => ({
  "x-acs-version": version,
  "x-acs-action": action,
});

const CLUSTER = "/clusters/c0000000000000000000000000000da01";
const POOL = `${CLUSTER}/nodepools/np0000000000000000000000000000da01`;

/** Operations of each product on the demonstration world. Many are refused because a resource is busy. */
const KINDS: readonly Kind[] = [
  {
    start: () => ({
      method: "POST",
      path: `${POOL}/nodes/cn-beijing.192.168.0.101/operation`,
      headers: { ...named("2015-12-15", "RunNodeOperation"), ...JSON_BODY },
      body: '{"operationAction":"restart.kubelet"}',
    }),
    idIn: /"taskId":"([^"]+)"/,
    describe: (id) => ({
      method: "GET",
      path: `/tasks/${id}`,
      headers: named("2015-12-15", "DescribeTaskInfo"),
    }),
  },
  {
    start: (n) => ({
      method: "POST",
      path: "/",
      headers: { ...lingjun("RebootNodes"), ...FORM_BODY },
      body: `ClusterId=i100000000000000000001&Nodes.1=e01-cn-demo-000${1 + (Math.floor(n / 32) % 4)}`,
    }),
    idIn: /"TaskId":"([^"]+)"/,
    describe: (id) => ({
      method: "POST",
      path: `/?TaskId=${id}`,
      headers: lingjun("DescribeTask"),
    }),
  },
  {
    start: () => ({
      method: "POST",
      path: "/api/v1/resources/update",
      headers: { ...named("2023-08-08", "UpdateResources"), ...FORM_BODY },
      body: "ResourceType=ACS%3A%3AECS%3A%3AInstance",
    }),
    idIn: /"TaskId":"([^"]+)"/,
    describe: (id) => ({
      method: "GET",
      path: `/api/v1/tasks/${id}`,
      headers: named("2023-08-08", "DescribeTask"),
    }),
  },
  {
    start: (n) => ({
      method: "POST",
      path: "/api/v1/providers/aliyun/products/OSS/resources/Bucket?regionId=cn-hangzhou",
      headers: { ...named("2022-08-30", "CreateResource"), ...JSON_BODY },
      body: `{"BucketName":"soak-${n}"}`,
    }),
    idIn: /"taskId":"([^"]+)"/,
    describe: (id) => ({
      method: "GET",
      path: `/api/v1/tasks/${id}`,
      headers: named("2022-08-30", "GetTask"),
    }),
  },
];

const REMEMBERED = 500;

/** Calls of all dialects, one for each call of `one`, and their results. */
export class MixedLoad {
  readonly statuses = new Map<number, number>();
  /** Answers that must never come: 500s, and older states of a task. */
  readonly wrong: string[] = [];
  readonly latencies: number[] = [];
  unanswered = 0;
  readonly #bench: ChaosBench;
  readonly #own: string[] = [];
  readonly #started: { kind: Kind; id: string }[] = [];
  readonly #versions = new Map<string, number>();
  #calls = 0;

  constructor(bench: ChaosBench) {
    this.#bench = bench;
  }

  /** One call, to whichever dialect is next. */
  async one(server: ServerProcess): Promise<void> {
    const n = this.#calls++;
    const began = performance.now();
    if (n % 4 === 0) {
      await this.#submit(server);
      this.latencies.push(performance.now() - began);
    } else if (n % 4 === 1) await this.#product(server, n);
    else await this.#ofOwn(server, n);
  }

  async #submit(server: ServerProcess): Promise<void> {
    const token = crypto.randomUUID();
    if (!(await this.#bench.submit(server, token))) this.unanswered++;
    const id = this.#bench.tokens.get(token);
    if (id !== undefined) remember(this.#own, id);
  }

  async #product(server: ServerProcess, n: number): Promise<void> {
    const kind = KINDS[Math.floor(n / 8) % KINDS.length];
    const known = this.#started[n % Math.max(1, this.#started.length)];
    if (n % 8 === 1 && kind) {
      const text = await this.#ask(server, kind.start(n));
      const id = kind.idIn.exec(text ?? "")?.[1];
      if (id !== undefined) remember(this.#started, { kind, id });
    } else if (known) await this.#ask(server, known.kind.describe(known.id));
  }

  async #ofOwn(server: ServerProcess, n: number): Promise<void> {
    const id = this.#own[(n * 7) % Math.max(1, this.#own.length)];
    if (id === undefined) return;
    if (n % 50 === 2) {
      const control = { method: "POST", headers: JSON_BODY, body: '{"reason":"soak"}' };
      const action = ["cancel", "pause", "resume"][n % 3];
      await this.#ask(server, { ...control, path: `/v1/tasks/${id}/${action}` });
    } else if (n % 50 === 3) await this.#ask(server, { method: "GET", path: "/v1/tasks?limit=50" });
    else if (n % 50 === 6)
      await this.#ask(server, { method: "GET", path: `/v1/tasks/${id}/events` });
    else this.#notOlder(id, await this.#ask(server, { method: "GET", path: `/v1/tasks/${id}` }));
  }

  #notOlder(id: string, text: string | undefined): void {
    const version = Number(/"version":(\d+)/.exec(text ?? "")?.[1] ?? 0);
    if (version === 0) return;
    const before = this.#versions.get(id) ?? 0;
    if (version < before) this.wrong.push(`${id} went back from version ${before} to ${version}`);
    this.#versions.set(id, Math.max(before, version));
  }

  /** The body of an answer; undefined if none came, as after a kill. */
  async #ask(server: ServerProcess, { path, ...call }: Call): Promise<string | undefined> {
    try {
      const response = await fetch(server.url + path, {
        ...call,
        signal: AbortSignal.timeout(60_000),
      });
      const text = await response.text();
      this.statuses.set(response.status, (this.statuses.get(response.status) ?? 0) + 1);
      if (response.status >= 500 && response.status !== 503) this.wrong.push(`${path}: ${text}`);
      return text;
    } catch {
      this.unanswered++;
      return undefined;
    }
  }
}

function remember<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > REMEMBERED) list.shift();
}
