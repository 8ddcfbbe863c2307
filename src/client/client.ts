import { BulkOperations } from "./bulk.ts";
import { type EventOptions, readEvents } from "./events.ts";
import { followTasks } from "./follow.ts";
import { randomText } from "./sign.ts";
import { type ClientOptions, type Query, Transport } from "./transport.ts";
import type {
  Counts,
  Entry,
  Export,
  Import,
  RegisteredType,
  Retry,
  Signal,
  SubmitTask,
  Task,
  TaskList,
  TaskState,
  Types,
  Waited,
  Why,
} from "./types.ts";
import { type WaitForOptions, waitForTask } from "./waiting.ts";
import { Webhooks } from "./webhooks.ts";

/** Which tasks; all that is given must hold. */
export interface ListQuery {
  /** docs/native-api.md, "Filters" */
  readonly filter?: string | undefined;
  readonly product?: string | undefined;
  readonly type?: string | undefined;
  readonly state?: TaskState | readonly TaskState[] | undefined;
  readonly target?: string | undefined;
  readonly parent?: string | undefined;
  readonly forkOf?: string | undefined;
  /** Tasks a page. */
  readonly limit?: number | undefined;
}

export interface Submitted {
  readonly task: Task;
  /** `checked`: nothing was written, because of `validateOnly`. */
  readonly outcome: "submitted" | "repeated" | "joined" | "checked";
}

/** How a task is found again whose id was lost. */
export type Lost =
  | {
      /** The client token it was submitted with. */
      readonly token: string;
      /** `native` unless told. */
      readonly product?: string;
      readonly action?: string;
    }
  | {
      /** The id of what it acts on: the newest open task, else the newest. */
      readonly target: string;
      readonly product?: string;
      readonly type?: string;
    };

/** What a single wait is for. */
export interface WaitQuery {
  /** `ended` (the default), `change`, or states; an end always counts. */
  readonly until?: "ended" | "change" | readonly TaskState[];
  /** With `until: "change"`: the version known already. */
  readonly since?: number;
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
}

interface Aborting {
  readonly signal?: AbortSignal | undefined;
}

/** Taskscribe's own API, for Node and browsers. Every method throws TaskscribeError or ConnectionError. */
export class TaskscribeClient {
  readonly webhooks: Webhooks;
  readonly bulk: BulkOperations;
  readonly #transport: Transport;
  readonly #patienceMs: number;

  /** @throws TypeError for an endpoint that is no address */
  constructor(options: ClientOptions) {
    this.#transport = new Transport(options);
    this.#patienceMs = options.retryForMs ?? 10_000;
    this.webhooks = new Webhooks(this.#transport);
    this.bulk = new BulkOperations(
      this.#transport,
      (id, signal) => this.follow([id], { ...(signal && { signal }) }),
      (id, reason) => this.cancel(id, reason),
    );
  }

  get endpoint(): string {
    return this.#transport.endpoint;
  }

  /** Submits a task; with a client token of its own unless one is given, so that sent twice by accident it is still one. */
  async submit(request: SubmitTask, { signal }: Aborting = {}): Promise<Submitted> {
    const { body, headers } = await this.#transport.answer<Task>({
      method: "POST",
      path: "/v1/tasks",
      body: { ...request, clientToken: request.clientToken ?? randomText() },
      signal,
      repeatable: true,
    });
    const outcome = headers.get("x-taskscribe-outcome") ?? "submitted";
    return { task: body, outcome: outcome as Submitted["outcome"] };
  }

  /** A task now, or as it was at a moment (RFC 3339, or ms since the epoch). */
  get(id: string, { at, signal }: Aborting & { at?: string | number | Date | undefined } = {}) {
    const moment = at instanceof Date ? at.getTime() : at;
    return this.#transport.json<Task>({ path: pathOf(id), query: { at: moment }, signal });
  }

  /** All tasks that fit, newest first, page by page as they are asked for. */
  async *list(query: ListQuery = {}, { signal }: Aborting = {}): AsyncGenerator<Task, void, void> {
    for (let cursor: string | undefined; ; ) {
      const page = await this.listPage(query, { cursor, signal });
      yield* page.tasks;
      if (page.next === undefined) return;
      cursor = page.next;
    }
  }

  /** One page; it can have fewer tasks than `limit`, or none, and still a `next`. */
  listPage(
    { state, ...query }: ListQuery = {},
    { cursor, signal }: Aborting & { cursor?: string | undefined } = {},
  ): Promise<TaskList> {
    const states = typeof state === "object" ? state.join(",") : state;
    const all: Query = { ...query, state: states, cursor };
    return this.#transport.json({ path: "/v1/tasks", query: all, signal });
  }

  /** The task of a lost conversation. @throws TaskscribeError `TaskNotFound`; undefined if no task has that target. */
  async attach(lost: Lost, { signal }: Aborting = {}): Promise<Task | undefined> {
    if ("token" in lost) {
      return this.#transport.json({ path: "/v1/tasks/by-token", query: { ...lost }, signal });
    }
    const newest = async (filter?: string) => {
      for await (const task of this.list({ ...lost, filter, limit: 1 }, { signal })) return task;
      return undefined;
    };
    return (await newest("state:open")) ?? (await newest());
  }

  why(id: string, { signal }: Aborting = {}): Promise<Why> {
    return this.#transport.json({ path: `${pathOf(id)}/why`, signal });
  }

  counts({ signal }: Aborting = {}): Promise<Counts> {
    return this.#transport.json({ path: "/v1/counts", signal });
  }

  async types({ signal }: Aborting = {}): Promise<readonly RegisteredType[]> {
    return (await this.#transport.json<Types>({ path: "/v1/types", signal })).types;
  }

  cancel(id: string, reason: string): Promise<Task> {
    return this.#steer(id, "cancel", { reason });
  }

  pause(id: string, reason: string): Promise<Task> {
    return this.#steer(id, "pause", { reason });
  }

  resume(id: string, reason: string): Promise<Task> {
    return this.#steer(id, "resume", { reason });
  }

  /** Tries an ended task again. The answer is a new task that links to it. */
  retry(id: string, request: Retry): Promise<Task> {
    return this.#steer(id, "retry", request);
  }

  /** Answers the question with which a step waits. */
  signal(id: string, answer: Signal): Promise<Task> {
    return this.#steer(id, "signal", answer);
  }

  approve(id: string, answer: Omit<Signal, "decision">): Promise<Task> {
    return this.signal(id, { ...answer, decision: "approve" });
  }

  reject(id: string, answer: Omit<Signal, "decision">): Promise<Task> {
    return this.signal(id, { ...answer, decision: "reject" });
  }

  /** One question that the server keeps open, 30 s unless told. `waitFor` asks again for as long as it takes. */
  wait(id: string, { until, since, timeoutSeconds = 30, signal }: WaitQuery = {}): Promise<Waited> {
    const what = typeof until === "object" ? until.join(",") : until;
    return this.#transport.json({
      path: `${pathOf(id)}/wait`,
      query: { until: what, since, timeout: timeoutSeconds },
      timeoutMs: timeoutSeconds * 1_000 + 15_000,
      signal,
    });
  }

  /** Waits for the task's end, through cut connections and restarts of the server. @throws WaitTimeoutError */
  waitFor(id: string, options: WaitForOptions = {}): Promise<Task> {
    return waitForTask(this.#transport, id, options);
  }

  /** Each task as it is, and again after every change, until all have ended; through cut connections and restarts. */
  follow(ids: readonly string[], { signal }: Aborting = {}): AsyncGenerator<Task, void, void> {
    const following = {
      transport: this.#transport,
      get: (id: string, called: AbortSignal, patient: boolean) =>
        this.#transport.json<Task>({
          path: pathOf(id),
          signal: called,
          ...(patient && { retryForMs: Number.POSITIVE_INFINITY }),
        }),
    };
    return followTasks(following, ids, signal);
  }

  /** What happens to one task or to all, each event once and without a gap, through cut connections and restarts. */
  events(options: EventOptions = {}): AsyncGenerator<Entry, void, void> {
    return readEvents(this.#transport, options, this.#patienceMs);
  }

  /** The log of a task as it is now. */
  async *log(id: string, { signal }: Aborting = {}): AsyncGenerator<Entry, void, void> {
    for (let after = 0; ; ) {
      const page = await this.#transport.json<{ entries: readonly Entry[]; next: number }>({
        path: `${pathOf(id)}/events`,
        query: { after, limit: 1_000 },
        signal,
      });
      if (page.entries.length === 0) return;
      yield* page.entries;
      after = page.next;
    }
  }

  /** A task and its whole log as one file. It holds the input as it was given, secrets included. */
  exportTask(id: string, { signal }: Aborting = {}): Promise<Export> {
    return this.#transport.json({ path: `${pathOf(id)}/export`, signal });
  }

  /** Takes in an exported task, under a new id; the old one finds it too. */
  importTask(file: Export | Import, { rehome }: { rehome?: boolean } = {}): Promise<Task> {
    const body = { ...file, ...(rehome !== undefined && { rehome }) };
    return this.#transport.json({ method: "POST", path: "/v1/tasks/import", body });
  }

  #steer(id: string, verb: string, body: object): Promise<Task> {
    return this.#transport.json({ method: "POST", path: `${pathOf(id)}/${verb}`, body });
  }
}

function pathOf(id: string): string {
  return `/v1/tasks/${encodeURIComponent(id)}`;
}
