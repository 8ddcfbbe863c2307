import { BulkOperations } from "./bulk.ts";
import { cursorParts, isAfter } from "./cursors.ts";
import { TaskscribeError } from "./errors.ts";
import { type EventOptions, readEvents } from "./events.ts";
import { followTasks } from "./follow.ts";
import { randomText } from "./sign.ts";
import { type ClientOptions, type Query, Transport } from "./transport.ts";
import type {
  Counts,
  EntryList,
  Export,
  Import,
  LogEntry,
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
import { type WaitForOptions, waitForEnd } from "./waiting.ts";
import { Webhooks } from "./webhooks.ts";

/** A page may be empty because its part of the tasks has none that match. So many in a row are no list of a Taskscribe server. */
const MOST_EMPTY_PAGES = 10_000;

/** Which tasks to list. A task must match all fields that are set. */
export interface ListQuery {
  /** A filter; see "Filters" in docs/native-api.md. */
  readonly filter?: string | undefined;
  readonly product?: string | undefined;
  readonly type?: string | undefined;
  readonly state?: TaskState | readonly TaskState[] | undefined;
  readonly target?: string | undefined;
  readonly parent?: string | undefined;
  readonly forkOf?: string | undefined;
  /** The largest number of tasks of one page. */
  readonly limit?: number | undefined;
}

/** The answer to a submission. */
export interface Submitted {
  readonly task: Task;
  /** `checked` means that nothing was written, because of `validateOnly`. */
  readonly outcome: "submitted" | "repeated" | "joined" | "checked";
}

/** Who a key is, as `GetCallerIdentity` tells it. */
export interface CallerIdentity {
  readonly account: string;
  readonly identityType: "RAMUser" | "AssumedRoleUser" | "Operator";
  readonly principal: string;
  /** Who it is in conditions of policies: a user or a role. */
  readonly principalArn?: string;
  readonly accessKeyId?: string;
  readonly temporary?: boolean;
  /** When it ends, if it does (ISO 8601). */
  readonly expiration?: string;
  /** The networks that it may be used from, if they are limited. */
  readonly networks?: readonly string[];
  /** `full`, or the names of the sets of policies of which every one must allow a call. */
  readonly rights: "full" | readonly (readonly string[])[];
}

/** How to find a task whose id was lost. */
export type Lost =
  | {
      /** The client token it was submitted with. */
      readonly token: string;
      /** Default: `native`. */
      readonly product?: string;
      readonly action?: string;
    }
  | {
      /** The id of its target. The newest open task is found, else the newest task. */
      readonly target: string;
      readonly product?: string;
      readonly type?: string;
    };

/** When a single wait ends. */
export interface WaitQuery {
  /** `ended` (default), `change`, or states. The end of the task always ends the wait. */
  readonly until?: "ended" | "change" | readonly TaskState[];
  /** With `until: "change"`: the version that the caller knows. */
  readonly since?: number;
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
}

interface Abortable {
  readonly signal?: AbortSignal | undefined;
}

/** A client of our own API, for Node and browsers. Every method throws TaskscribeError or ConnectionError. */
export class TaskscribeClient {
  readonly webhooks: Webhooks;
  readonly bulk: BulkOperations;
  readonly #transport: Transport;
  readonly #patienceMs: number;

  /** @throws TypeError if the endpoint is no address. */
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

  /** Submits a task. Without a client token it makes one, so that a repeated request submits only one task. */
  async submit(request: SubmitTask, { signal }: Abortable = {}): Promise<Submitted> {
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

  /** A task now, or as it was at a given time (RFC 3339, or ms since 1970). */
  get(id: string, { at, signal }: Abortable & { at?: string | number | Date | undefined } = {}) {
    const time = at instanceof Date ? at.getTime() : at;
    return this.#transport.json<Task>({ path: pathOf(id), query: { at: time }, signal });
  }

  /** All tasks that match, newest first. Pages are read as they are needed. */
  async *list(query: ListQuery = {}, { signal }: Abortable = {}): AsyncGenerator<Task, void, void> {
    let emptyPages = 0;
    for (let cursor: string | undefined; ; ) {
      const page = await this.listPage(query, { cursor, signal });
      yield* page.tasks;
      if (page.next === undefined) return;
      emptyPages = page.tasks.length === 0 ? emptyPages + 1 : 0;
      if (page.next === cursor || emptyPages > MOST_EMPTY_PAGES) throw leadsNowhere("/v1/tasks");
      cursor = page.next;
    }
  }

  /** One page. It may have few tasks or none, and a `next` nevertheless. */
  listPage(
    { state, ...query }: ListQuery = {},
    { cursor, signal }: Abortable & { cursor?: string | undefined } = {},
  ): Promise<TaskList> {
    const states = typeof state === "object" ? state.join(",") : state;
    const all: Query = { ...query, state: states, cursor };
    return this.#transport.json({ path: "/v1/tasks", query: all, signal });
  }

  /** Finds a task whose id was lost. Undefined if no task has the target. @throws TaskscribeError `TaskNotFound` for a token. */
  async attach(lost: Lost, { signal }: Abortable = {}): Promise<Task | undefined> {
    if ("token" in lost) {
      return this.#transport.json({ path: "/v1/tasks/by-token", query: { ...lost }, signal });
    }
    const newest = async (filter?: string) => {
      for await (const task of this.list({ ...lost, filter, limit: 1 }, { signal })) return task;
      return undefined;
    };
    return (await newest("state:open")) ?? (await newest());
  }

  why(id: string, { signal }: Abortable = {}): Promise<Why> {
    return this.#transport.json({ path: `${pathOf(id)}/why`, signal });
  }

  counts({ signal }: Abortable = {}): Promise<Counts> {
    return this.#transport.json({ path: "/v1/counts", signal });
  }

  /** Who the key is that this client signs with, until when, and what holds it. */
  whoAmI({ signal }: Abortable = {}): Promise<CallerIdentity> {
    const path = "/v1/access/GetCallerIdentity";
    return this.#transport.json({ method: "POST", path, body: {}, signal });
  }

  async types({ signal }: Abortable = {}): Promise<readonly RegisteredType[]> {
    return (await this.#transport.json<Types>({ path: "/v1/types", signal })).types;
  }

  cancel(id: string, reason: string): Promise<Task> {
    return this.#control(id, "cancel", { reason });
  }

  pause(id: string, reason: string): Promise<Task> {
    return this.#control(id, "pause", { reason });
  }

  resume(id: string, reason: string): Promise<Task> {
    return this.#control(id, "resume", { reason });
  }

  /** Tries an ended task again. Returns the new task, which has a link to the ended one. */
  retry(id: string, request: Retry): Promise<Task> {
    return this.#control(id, "retry", request);
  }

  /** Answers the approval that a step waits for. */
  signal(id: string, answer: Signal): Promise<Task> {
    return this.#control(id, "signal", answer);
  }

  approve(id: string, answer: Omit<Signal, "decision">): Promise<Task> {
    return this.signal(id, { ...answer, decision: "approve" });
  }

  reject(id: string, answer: Omit<Signal, "decision">): Promise<Task> {
    return this.signal(id, { ...answer, decision: "reject" });
  }

  /** One request that the server holds open until the wait ends (30 s by default). `waitFor` repeats it as long as needed. */
  wait(id: string, { until, since, timeoutSeconds = 30, signal }: WaitQuery = {}): Promise<Waited> {
    const what = typeof until === "object" ? until.join(",") : until;
    return this.#transport.json({
      path: `${pathOf(id)}/wait`,
      query: { until: what, since, timeout: timeoutSeconds },
      timeoutMs: timeoutSeconds * 1_000 + 15_000,
      signal,
    });
  }

  /** Waits until the task has ended, also over lost connections and restarts of the server. @throws WaitTimeoutError */
  waitFor(id: string, options: WaitForOptions = {}): Promise<Task> {
    return waitForEnd(this.#transport, id, options);
  }

  /** Each task now, and again after every change, until all have ended, also over lost connections and restarts. */
  follow(ids: readonly string[], { signal }: Abortable = {}): AsyncGenerator<Task, void, void> {
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

  /** The events of one task or of all tasks, each once and without a gap, also over lost connections and restarts. */
  events(options: EventOptions = {}): AsyncGenerator<LogEntry, void, void> {
    return readEvents(this.#transport, options, this.#patienceMs);
  }

  /** The events of a task up to now; `after`: those behind this cursor. @throws TaskscribeError `CursorOutdated` */
  async *log(
    id: string,
    { after: first = "0", signal }: Abortable & { after?: string | undefined } = {},
  ): AsyncGenerator<LogEntry, void, void> {
    const path = `${pathOf(id)}/events`;
    for (let after = first; ; ) {
      const query = { after, limit: 1_000 };
      const page = await this.#transport.json<EntryList>({ path, query, signal });
      if (page.entries.length === 0) return;
      yield* page.entries;
      const next = cursorParts(page.next);
      if (next === undefined || !isAfter(next, cursorParts(after))) throw leadsNowhere(path);
      after = page.next;
    }
  }

  /** A task with all its events as one file. The file contains the input with its secrets. */
  exportTask(id: string, { signal }: Abortable = {}): Promise<Export> {
    return this.#transport.json({ path: `${pathOf(id)}/export`, signal });
  }

  /**
   * Imports an exported task under a new id. The old id finds it too. An open task needs `rehome` (it is held here until
   * it is resumed) or `resume` (it runs on here at once).
   */
  importTask(
    file: Export | Import,
    options: { rehome?: boolean; resume?: boolean } = {},
  ): Promise<Task> {
    const { rehome, resume } = options;
    const body = {
      ...file,
      ...(rehome !== undefined && { rehome }),
      ...(resume !== undefined && { resume }),
    };
    return this.#transport.json({
      method: "POST",
      path: "/v1/tasks/import",
      headers: { "idempotency-key": randomText() },
      body,
      repeatable: true,
    });
  }

  /** With a key, so that a request whose answer was lost can be sent again: it is carried out once. */
  #control(id: string, verb: string, body: object): Promise<Task> {
    return this.#transport.json({
      method: "POST",
      path: `${pathOf(id)}/${verb}`,
      headers: { "idempotency-key": randomText() },
      body,
      repeatable: true,
    });
  }
}

/** The pages of a list have no end. */
function leadsNowhere(path: string): TaskscribeError {
  return new TaskscribeError(
    `the pages of ${path} lead nowhere; check that the endpoint is a Taskscribe server`,
    {
      code: "UnexpectedAnswer",
      status: 200,
      requestId: undefined,
      retryable: false,
      facts: {},
      retryAfterMs: undefined,
    },
  );
}

function pathOf(id: string): string {
  return `/v1/tasks/${encodeURIComponent(id)}`;
}
