// Sends many requests, from valid ones to garbage, to a real server that checks every signature.
//   TASKSCRIBE_FUZZ_REQUESTS  how many (default 50 000)
//   TASKSCRIBE_TEST_SEED      seed for other requests than usual
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { pathToFileURL } from "node:url";
import { HTTP_LIMITS } from "../../src/http/limits.ts";
import { fc, SEED } from "../support/properties.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { type Mutation, mutate, mutations, rubbish } from "./mutations.ts";
import { answersIn, type RawAnswer } from "./raw-socket.ts";
import { anyCase, type Case, SOME_TASK } from "./requests.ts";
import { type Key, type Plain, signed } from "./signers.ts";

const REQUESTS = Number(process.env["TASKSCRIBE_FUZZ_REQUESTS"] ?? 50_000);
/** The server must close a connection within this time after the client's last request. */
const BOUND_MS = 15_000;
const CONNECTIONS_AT_ONCE = 6;
const RUNS_A_ROUND = 10;
/** The heap is so small that garbage is collected soon. So memory that grows is a leak. */
const HEAP = "--max-old-space-size=128 --max-semi-space-size=8";
/** The growth from a third of the run to its end. The page caches of the database take up to 48 MB. A leak of 2 KB for each request would be 65 MB more. */
const GROWTH_MB = 80;

const KEY: Key = { id: "LTAI5tFuzzKey0001", secret: "FuzzSecret0001abcdefABCDEF0123" };
const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "taskscribe-fuzz-"));
let server: ServerProcess;
let port: number;

before(async () => {
  const config = join(folder, "taskscribe.config.mjs");
  const library = pathToFileURL(join(root, "src/index.ts")).href;
  const key = { accessKeyId: KEY.id, accessKeySecret: KEY.secret, account: "1000000000000001" };
  const rate = { perSecond: 1_000_000, burst: 1_000_000 };
  const throttling = { account: rate, changes: rate, reads: rate };
  writeFileSync(
    config,
    `import { defineTask } from ${JSON.stringify(library)};
     const types = [defineTask({ type: "echo", steps: { async echo(input) { return { input }; } } })];
     export default { types, ...${JSON.stringify({ auth: "strict", keys: [key], throttling })} };`,
  );
  const data = join(folder, "data");
  const options = process.env["NODE_OPTIONS"] ?? "";
  process.env["NODE_OPTIONS"] = `${options} ${HEAP}`;
  server = await startServerProcess(["--config", config, "--data", data, "--speed", "1000"]);
  process.env["NODE_OPTIONS"] = options;
  port = Number(new URL(server.url).port);
});

after(async () => {
  await server.end("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

/** The content of one connection: several requests, then perhaps bytes that are no request. */
interface Conversation {
  readonly cases: readonly Case[];
  readonly last:
    | { readonly from: Case; readonly mutations: readonly Mutation[] }
    | Buffer
    | undefined;
}

const conversation: fc.Arbitrary<Conversation> = fc.record({
  cases: fc.array(anyCase, { maxLength: 24, size: "max" }),
  last: fc.oneof(
    { weight: 6, arbitrary: fc.record({ from: anyCase, mutations }) },
    { weight: 1, arbitrary: rubbish },
    { weight: 1, arbitrary: fc.constant(undefined) },
  ),
});

/** Ids of tasks from recent answers, for requests about a task. */
const tasks: string[] = [];

function bytesOf({ plain, scheme, forged }: Case): Buffer {
  const key = forged ? { ...KEY, secret: `${KEY.secret.slice(0, -1)}#` } : KEY;
  const task = tasks.at(-1) ?? SOME_TASK;
  const named: Plain = {
    ...plain,
    path: plain.path.replaceAll(SOME_TASK, task),
    query: plain.query.map(([name, value]) => [name, value.replaceAll(SOME_TASK, task)]),
    body: plain.body.replaceAll(SOME_TASK, task),
  };
  const { method, target, headers, body } = signed(named, scheme, key);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = Buffer.byteLength(body);
  return Buffer.from(
    `${method} ${target} HTTP/1.1\r\n${lines.join("")}content-length: ${length}\r\n\r\n${body}`,
  );
}

function lastBytes(last: Conversation["last"]): Buffer {
  if (last === undefined) return Buffer.alloc(0);
  return Buffer.isBuffer(last) ? last : mutate(bytesOf(last.from), last.mutations);
}

interface Heard {
  /** One answer for each complete request, in their order. */
  readonly answers: readonly RawAnswer[];
  /** The later answers, to bytes that were no request or an incomplete one. */
  readonly rest: string;
}

/** Sends the complete requests at once, waits for their answers, sends the rest, and reads until the server closes. */
function converse(good: readonly Buffer[], last: Buffer): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const reader = new AnswerReader(good.length);
    const goOn = () => {
      if (reader.isDone && !socket.writableEnded) socket.end(last);
    };
    socket.on("connect", () => {
      socket.write(Buffer.concat(good));
      goOn();
    });
    socket.on("data", (chunk: Buffer) => {
      reader.push(chunk);
      goOn();
    });
    socket.setTimeout(BOUND_MS, () => {
      reject(
        new Error(
          `still open after ${BOUND_MS} ms: ${Buffer.concat([...good, last]).toString("latin1")}`,
        ),
      );
      socket.destroy();
    });
    socket.on("error", () => {}); // a reset ends it, too
    socket.on("close", () =>
      resolve({ answers: reader.answers, rest: reader.rest.toString("latin1") }),
    );
  });
}

/** Reads this many answers. */
class AnswerReader {
  readonly answers: RawAnswer[] = [];
  rest: Buffer = Buffer.alloc(0);
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  get isDone(): boolean {
    return this.answers.length === this.#count;
  }

  push(chunk: Buffer): void {
    this.rest = Buffer.concat([this.rest, chunk]);
    while (!this.isDone) {
      const end = this.rest.indexOf("\r\n\r\n");
      if (end < 0) return;
      const head = this.rest.toString("latin1", 0, end);
      const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
      if (this.rest.length < end + 4 + length) return;
      this.answers.push(...answersIn(this.rest.toString("utf8", 0, end + 4 + length)));
      this.rest = this.rest.subarray(end + 4 + length);
    }
  }
}

const statuses = new Map<number, number>();
let sent = 0;

async function hold(said: Conversation): Promise<void> {
  // A header that is too large ends the connection, so later requests could not be answered.
  const requests = said.cases.map((one) => ({ one, bytes: bytesOf(one) }));
  const large = requests.findIndex(
    ({ bytes }) => bytes.indexOf("\r\n\r\n") > HTTP_LIMITS.headerBytes - 1_000,
  );
  const good = large < 0 ? requests : requests.slice(0, large);
  const last = lastBytes(said.last);
  const { answers, rest } = await converse(
    good.map(({ bytes }) => bytes),
    last,
  );
  sent += good.length + (said.last === undefined ? 0 : 1);
  for (const [i, { one, bytes }] of good.entries()) {
    const answer = answers[i];
    assert.ok(answer, `${one.name} got no answer: ${bytes.toString("latin1")}\nbut ${rest}`);
    judge(one, answer, bytes);
    const [, id] = /"(?:task_id|TaskId|taskId)":"([\w-]+)"/.exec(answer.body) ?? [];
    if (id !== undefined && tasks.push(id) > 100) tasks.shift();
  }
  for (const [, status = ""] of rest.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)) {
    assert.ok(Number(status) < 500, `${last.toString("latin1")}\n→ ${rest}`);
    statuses.set(Number(status), (statuses.get(Number(status)) ?? 0) + 1);
  }
}

const OWN_SCHEME: Readonly<Record<string, readonly string[]>> = {
  lingjun: ["acs3", "rpc-v1"],
  native: ["acs3", "roa-v1"],
};

function judge(one: Case, { status, headers, body }: RawAnswer, bytes: Buffer): void {
  const why = `${one.name} (${one.scheme}${one.forged ? ", forged" : ""})\n${bytes.toString("latin1")}\n→ ${status} ${body}`;
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
  assert.ok(status >= 200 && status < 500, why);
  assert.match(headers["x-acs-request-id"] ?? "", /^[0-9A-F-]{36}$/i, why);
  assert.doesNotMatch(body, /node:internal|\.ts:\d+|at \w+ \(/, why);
  const type = headers["content-type"] ?? "";
  if (body !== "" && type.includes("json")) assert.doesNotThrow(() => JSON.parse(body), why);
  if (type.includes("xml"))
    assert.match(body, /^(?:<\?xml[^>]*>\s*)?<(\w+)[\s>][\s\S]*<\/\1>\s*$/, why);
  if (one.forged || one.scheme === "none") assert.ok(status >= 400, why);
  const product = one.name.split(" ", 1)[0] ?? "";
  const own = OWN_SCHEME[product] ?? ["acs3", "roa-v1"];
  if (!one.forged && own.includes(one.scheme)) {
    assert.doesNotMatch(body, /SignatureDoesNotMatch|IncompleteSignature|InvalidTimeStamp/, why);
  }
}

/** Linux only, as CI is. */
function residentMegabytes(): number {
  const status = readFileSync(`/proc/${server.child.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

it("no request crashes or blocks the server, or makes its memory grow", {
  timeout: 900_000,
}, async (t) => {
  t.diagnostic(`seed ${SEED}, ${REQUESTS} requests`);
  const began = Date.now();
  const memory: { readonly at: number; readonly megabytes: number }[] = [];
  const together = fc.array(conversation, {
    minLength: CONNECTIONS_AT_ONCE,
    maxLength: CONNECTIONS_AT_ONCE,
  });
  const property = fc.asyncProperty(together, async (conversations) => {
    await Promise.all(conversations.map(hold));
    assert.equal(server.child.exitCode, null, `the server is gone: ${server.errors()}`);
    memory.push({ at: sent, megabytes: residentMegabytes() });
  });
  for (let round = 0; sent < REQUESTS; round++) {
    // There is no shrinking: tasks stay started and signatures become old, so a smaller case would not be the same.
    const options = { seed: SEED + round, numRuns: RUNS_A_ROUND, endOnFailure: true };
    await fc.assert(property, { ...options, unbiased: true });
  }

  const seconds = (Date.now() - began) / 1_000;
  const inRange = (from: number, to: number) =>
    memory
      .filter(({ at }) => at > from * sent && at <= to * sent)
      .map(({ megabytes }) => megabytes);
  const [warm, end] = [median(inRange(0.3, 0.4)), median(inRange(0.9, 1))];
  t.diagnostic(
    `${sent} requests in ${seconds.toFixed(0)} s, ${(sent / seconds).toFixed(0)} a second`,
  );
  t.diagnostic(`answers by status: ${JSON.stringify(Object.fromEntries([...statuses].sort()))}`);
  t.diagnostic(`memory: ${warm.toFixed(0)} MB warm, ${end.toFixed(0)} MB at the end`);
  assert.ok(sent >= REQUESTS);
  assert.ok(end < warm + GROWTH_MB, `grew from ${warm} MB to ${end} MB`);
  assert.doesNotMatch(server.errors(), /"level":[56]0/, "a request was our fault");
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
  assert.equal(await server.end("SIGTERM"), 0);
});
