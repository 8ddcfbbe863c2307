import type { Clock } from "../clock.ts";
import { isFinal, type Task } from "../core/task.ts";
import type { TaskService } from "../engine/task-service.ts";
import { EVERYBODY, type LoopTurns, Pace } from "../pace.ts";
import { NO_COUNTS, type PushCounts } from "./share-counts.ts";

/** So many waits are answered in one turn of the event loop. */
const ANSWERED_AT_ONCE = 50;

/** Leaves what was begun, as a client that hung up does. Returns how to take that back; undefined: it may not begin. */
export type Leave = (left: () => void) => (() => void) | undefined;

export interface WaitRequest {
  readonly account: string;
  readonly taskIds: readonly string[];
  /** Whether what this task waits for has come. An ended task always counts: it will not change again. */
  readonly met: (task: Task) => boolean;
  /** Whether the wait ends with the last of the tasks or with the first. */
  readonly mode: "all" | "any";
  readonly timeoutMs: number;
  readonly onLeave?: Leave | undefined;
  /** A held request: where the account has no room for one more, it ends at once instead of being refused. */
  readonly isHold?: boolean;
}

export interface WaitResult {
  /** As they are now, in the order asked for. */
  readonly tasks: readonly Task[];
  /** False if the time ran out or the server stops. */
  readonly met: boolean;
}

/** Thrown to a wait whose client is gone: nobody reads the answer. */
export class ClientGone extends Error {
  override readonly name = "ClientGone";
}

/** Ends the waits for a task when it changes. A task that nobody waits for costs nothing. */
export class TaskWatch {
  readonly #service: TaskService;
  readonly #clock: Clock;
  readonly #counts: PushCounts;
  readonly #turns: LoopTurns | undefined;
  readonly #byTask = new Map<string, Set<Wait>>();
  readonly #underWay = new Set<Wait>();
  /** Committed and not told yet, with somebody waiting; in the order of their commits. */
  #changed: Task[] = [];
  /** Those that are being told. */
  #telling: readonly Task[] = [];
  #isWaking = false;
  /** Waits that were answered in this turn. */
  #answered = 0;
  #stopped = false;

  /** @param turns how long works share the event loop; the process's own way if absent. */
  constructor(
    service: TaskService,
    clock: Clock,
    counts: PushCounts = NO_COUNTS,
    turns?: LoopTurns,
  ) {
    this.#service = service;
    this.#turns = turns;
    this.#counts = counts;
    this.#clock = clock;
  }

  /** Waits under way, for metrics and tests. */
  get size(): number {
    return this.#underWay.size;
  }

  /** Wakes at the end of the turn: the answer to whoever made the change would be behind a thousand others. */
  committed(task: Task): void {
    if (!this.#byTask.has(task.id)) return;
    this.#changed.push(task);
    if (this.#isWaking) return;
    this.#isWaking = true;
    setImmediate(() => void this.#wake());
  }

  /**
   * Resolves once what is waited for has come, or when the time is over.
   * @throws DomainError `TaskNotFound`; ClientGone; what `take` of the counts says.
   */
  async wait(request: WaitRequest): Promise<WaitResult> {
    const { account, taskIds, timeoutMs, onLeave, isHold } = request;
    const wait = new Wait(request);
    let calledOff: (() => void) | undefined;
    let stay: (() => void) | undefined;
    let isCounted = false;
    // Listening comes first: what is committed while the tasks are read is heard, not missed.
    for (const id of taskIds) this.#listen(id, wait);
    try {
      for (const id of taskIds) wait.hear(await this.#service.get(account, id));
      if (this.#stopped) wait.end("timeout");
      if (!wait.isOver) isCounted = this.#count(request, wait);
      if (isCounted) {
        this.#underWay.add(wait);
        calledOff = this.#clock.after(timeoutMs, () => wait.end("timeout"));
        stay = onLeave?.(() => wait.end("gone"));
        if (onLeave && stay === undefined) wait.end("timeout");
      }
      return wait.result(await wait.outcome);
    } finally {
      calledOff?.();
      stay?.();
      if (isCounted) this.#counts.give(account, isHold ? "holds" : "waits");
      this.#underWay.delete(wait);
      for (const id of taskIds) this.#unlisten(id, wait);
    }
  }

  /** Answers every wait as if its time were over. */
  stop(): void {
    this.#stopped = true;
    for (const task of [...this.#telling, ...this.#changed]) {
      for (const wait of this.#byTask.get(task.id) ?? []) wait.hear(task);
    }
    for (const wait of this.#underWay) wait.end("timeout");
  }

  /** False: the wait is over, because there is no room for it. */
  #count({ account, isHold = false }: WaitRequest, wait: Wait): boolean {
    const full = this.#counts.take(account, isHold ? "holds" : "waits");
    if (full === undefined) return true;
    if (!isHold) throw full;
    wait.end("timeout");
    return false;
  }

  /**
   * Ten thousand clients may wait for one task: some of them are answered in each turn. There is one such work at a time, so
   * that every wait hears of every version, in order.
   */
  async #wake(): Promise<void> {
    const pace = new Pace(EVERYBODY, this.#turns);
    while (this.#changed.length > 0) {
      this.#telling = this.#changed;
      this.#changed = [];
      for (const task of this.#telling) await this.#tell(task, pace);
    }
    this.#telling = [];
    this.#isWaking = false;
  }

  async #tell(task: Task, pace: Pace): Promise<void> {
    for (const wait of this.#byTask.get(task.id) ?? []) {
      if (wait.hear(task)) this.#answered += 1;
      // The answers are given after this, so that their time does not show here.
      const rest = this.#answered < ANSWERED_AT_ONCE ? pace.rest() : pace.next();
      if (rest === undefined) continue;
      await rest;
      this.#answered = 0;
    }
  }

  #listen(taskId: string, wait: Wait): void {
    const waits = this.#byTask.get(taskId);
    if (waits === undefined) this.#byTask.set(taskId, new Set([wait]));
    else waits.add(wait);
  }

  #unlisten(taskId: string, wait: Wait): void {
    const waits = this.#byTask.get(taskId);
    waits?.delete(wait);
    if (waits?.size === 0) this.#byTask.delete(taskId);
  }
}

type WaitEnd = "met" | "timeout" | "gone";

/** One wait: what it knows of its tasks. The first word on how it ends counts. */
class Wait {
  readonly outcome: Promise<WaitEnd>;
  readonly #request: WaitRequest;
  readonly #known = new Map<string, Task>();
  readonly #end: (outcome: WaitEnd) => void;
  #over = false;

  constructor(request: WaitRequest) {
    this.#request = request;
    const { promise, resolve } = Promise.withResolvers<WaitEnd>();
    this.outcome = promise;
    this.#end = resolve;
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** What was read may be older than what was committed meanwhile. True: the wait ends with this. */
  hear(task: Task): boolean {
    if (task.account !== this.#request.account) return false;
    if ((this.#known.get(task.id)?.version ?? 0) > task.version) return false;
    this.#known.set(task.id, task);
    if (this.#over || !this.#isMet()) return false;
    this.end("met");
    return true;
  }

  end(outcome: WaitEnd): void {
    this.#over = true;
    this.#end(outcome);
  }

  /** @throws ClientGone */
  result(outcome: WaitEnd): WaitResult {
    if (outcome === "gone") throw new ClientGone("the client left while it waited");
    const tasks = this.#request.taskIds.flatMap((id) => this.#known.get(id) ?? []);
    return { tasks, met: outcome === "met" };
  }

  #isMet(): boolean {
    const { taskIds, mode, met } = this.#request;
    let over = 0;
    for (const task of this.#known.values()) if (isFinal(task.state) || met(task)) over++;
    return mode === "any" ? over > 0 : over === taskIds.length;
  }
}
