import type { Task } from "../../../core/task.ts";
import type { TaskType } from "../../../core/task-type.ts";
import type { Load, Observation } from "../../executor.ts";
import { AccountGate, type Share } from "./account-gate.ts";
import { Branch, comesFirst, type First } from "./branch.ts";
import { Openings } from "./openings.ts";
import type { Places } from "./places.ts";
import { type Gates, Runner } from "./runner.ts";
import { type QueueParts, TypeGate } from "./type-gate.ts";
import { byOrder, kindOf, type Order, type Waiting } from "./waiting.ts";
import type { WaitingLine } from "./waiting-line.ts";

export interface RunQueueOptions {
  readonly maxRunning: number;
  readonly typeOf: (task: Task) => TaskType | undefined;
  /** Monotonic, in ms: no wait and no rate is longer or shorter because the clock was set. */
  readonly now: () => number;
  /** Whether memory lets one more task start; subtasks start in any case, because their parents wait for them. Default: yes. */
  readonly hasRoom?: () => boolean;
  /** A wait of this many ms counts as one level of priority, so that no task waits for ever. */
  readonly ageingMs: number;
  /** How many tasks of an account may run at once, over all types; undefined: no limit of its own. */
  readonly runningLimit?: (account: string) => number | undefined;
  /** The order of an account's tasks. Default: by priority and age, then first come first served. */
  readonly order?: Order;
}

/** A task in the queue. */
interface Place {
  readonly waiting: Waiting;
  readonly line: WaitingLine;
  readonly share: Share;
  readonly gates: Gates;
  readonly parent: Runner | undefined;
}

/**
 * The tasks that wait for their start. Of those that no gate holds up (slots, the limits of types and accounts, rates, concurrency keys),
 * next starts the one whose account had its last turn longest ago, and of an account the one with the highest priority, with what its
 * wait adds, then who came first. Whoever waits is in exactly one line, so nobody holds up another by waiting.
 */
export class RunQueue {
  readonly #options: RunQueueOptions;
  readonly #parts: QueueParts;
  readonly #types = new Map<string, TypeGate>();
  readonly #accounts = new Map<string, AccountGate>();
  readonly #waiting = new Map<string, Place>();
  readonly #running = new Map<string, Runner>();
  /** How many slots are taken, and by which accounts. */
  #taken = 0;
  readonly #takenBy = new Map<string, number>();
  #joined = 0;
  #turns = 0;

  constructor(options: RunQueueOptions) {
    const { order = byOrder } = options;
    this.#options = options;
    this.#parts = {
      order,
      openings: new Openings(),
      fadings: new Openings(),
      roots: { task: new Branch(order), subtask: new Branch(order) },
    };
  }

  /** Adds a task, which may have waited for its start before, e.g. in another process. */
  join(task: Task, waitedMs = 0): void {
    if (this.#waiting.has(task.id) || this.#running.has(task.id)) return;
    const now = this.#options.now();
    this.#joined += 1;
    const rank = now - waitedMs - task.priority * this.#options.ageingMs;
    const waiting = { task, rank, sequence: this.#joined };
    const gates = this.#gatesOf(task);
    const share = gates.account.shareOf(gates.type);
    const line = share.lineOf(kindOf(task), task.concurrencyKey);
    const parent = this.#parentOf(task);
    this.#waiting.set(task.id, { waiting, line, share, gates, parent });
    gates.type.count(1, now);
    line.add(waiting, now);
    parent?.subtask(1, 0, now);
  }

  /**
   * Takes its places if nothing holds the task up. Not for types with a rate: the start may never be written, but would
   * count.
   */
  takeIfFree(task: Task): boolean {
    const now = this.#options.now();
    this.#look(now);
    if (this.#foremost() !== undefined || !this.#isFreeFor(task)) return false;
    this.take(task, now);
    return true;
  }

  /** Takes its places without waiting, for a task that started at `at`. Does nothing if the task runs. */
  take(task: Task, at = this.#options.now()): void {
    if (this.#running.has(task.id)) return;
    const now = this.#options.now();
    const place = this.#waiting.get(task.id);
    this.#enter(task, place, at, now);
    if (place !== undefined) this.#leaveLine(place, now);
  }

  /** The next task that may start; it has its places from now on. */
  next(): Task | undefined {
    const now = this.#options.now();
    this.#look(now);
    const first = this.#foremost();
    if (first === undefined) return undefined;
    this.take(first.waiting.task, now);
    return first.waiting.task;
  }

  /**
   * The next moment at which a rate lets a task start although none has ended (monotonic). A task whose rate
   * allows it already waits for a slot, and so for the end of another task.
   */
  get nextAt(): number | undefined {
    this.#look(this.#options.now());
    const { nextAt } = this.#parts.openings;
    return nextAt === Number.POSITIVE_INFINITY ? undefined : nextAt;
  }

  get load(): Omit<Load, "silent" | "abandoned"> {
    const [longest] = this.#waiting.values();
    return {
      waiting: this.#waiting.size,
      longest: longest?.waiting.task,
      running: this.#taken,
      slots: this.#options.maxRunning,
      runningByAccount: () => this.#takenBy,
    };
  }

  standing(task: Task): Observation["standing"] {
    const slots = { running: this.#taken, limit: this.#options.maxRunning };
    const place = this.#waiting.get(task.id);
    const rest = place === undefined ? NOTHING : standingOf(place, this.#options.now());
    return { ...rest, slots: kindOf(task) === "task" ? slots : undefined };
  }

  /** Keeps this of a waiting task instead of what it joined with: an outline, which waits for the same. */
  replace(outline: Task): void {
    const place = this.#waiting.get(outline.id);
    if (place !== undefined) place.waiting.task = outline;
  }

  /** Removes a task that ended, or that no longer waits. */
  leave(task: Task): void {
    const now = this.#options.now();
    const place = this.#waiting.get(task.id);
    if (place !== undefined) {
      this.#leaveLine(place, now);
      place.parent?.subtask(-1, 0, now);
    }
    const runner = this.#running.get(task.id);
    if (runner === undefined) return;
    this.#running.delete(task.id);
    if (runner.kind === "task") this.#countSlot(task.account, -1);
    runner.leave(now);
  }

  #enter(task: Task, place: Place | undefined, at: number, now: number): void {
    const gates = place?.gates ?? this.#gatesOf(task);
    const parent = place === undefined ? this.#parentOf(task) : place.parent;
    const runner = new Runner(task, gates, parent);
    this.#running.set(task.id, runner);
    if (runner.kind === "task") this.#countSlot(task.account, 1);
    this.#turns += 1;
    gates.account.tookTurn(runner.kind, this.#turns);
    runner.enter(at, now, place !== undefined);
  }

  #leaveLine({ waiting, line, share, gates }: Place, now: number): void {
    const { task } = waiting;
    this.#waiting.delete(task.id);
    line.remove(waiting, now);
    gates.type.count(-1, now);
    if (line.isEmpty) share.forgetLine(kindOf(task), task.concurrencyKey);
  }

  /** Opens the gates whose time has come. */
  #look(now: number): void {
    const { openings, fadings } = this.#parts;
    if (openings.nextAt <= now) openings.look(now);
    if (fadings.nextAt <= now) fadings.look(now);
  }

  #foremost(): First | undefined {
    const { roots, order } = this.#parts;
    const task = this.#hasSlot ? roots.task.first : undefined;
    const subtask = roots.subtask.first;
    if (task === undefined || subtask === undefined) return task ?? subtask;
    return comesFirst(order, task, subtask) < 0 ? task : subtask;
  }

  get #hasSlot(): boolean {
    const { maxRunning, hasRoom } = this.#options;
    return this.#taken < maxRunning && (hasRoom === undefined || hasRoom());
  }

  #isFreeFor(task: Task): boolean {
    const isTask = kindOf(task) === "task";
    const type = this.#typeGateOf(task);
    const account = this.#accountOf(task.account);
    if (isTask && (!this.#hasSlot || account.places.isFull)) return false;
    if (type.isRated || type.places.isFull) return false;
    if (account.findShare(type)?.places.isFull) return false;
    return account.findKey(task.concurrencyKey)?.isFreeFor(type) ?? true;
  }

  #countSlot(account: string, change: 1 | -1): void {
    this.#taken += change;
    const taken = (this.#takenBy.get(account) ?? 0) + change;
    if (taken === 0) this.#takenBy.delete(account);
    else this.#takenBy.set(account, taken);
  }

  #parentOf({ parent }: Task): Runner | undefined {
    return parent && this.#running.get(parent.taskId);
  }

  #gatesOf(task: Task): Gates {
    const { account: id, concurrencyKey } = task;
    const type = this.#typeGateOf(task);
    const account = this.#accountOf(id);
    const isShared = type.type?.maxRunningPerAccount !== undefined;
    const share = isShared ? account.shareOf(type) : undefined;
    const key = concurrencyKey === undefined ? undefined : account.keyOf(concurrencyKey);
    return { type, account, share, key };
  }

  #typeGateOf(task: Task): TypeGate {
    const name = `${task.product} ${task.type}`;
    let found = this.#types.get(name);
    if (found === undefined) {
      found = new TypeGate(this.#options.typeOf(task), this.#parts);
      this.#types.set(name, found);
    }
    return found;
  }

  #accountOf(id: string): AccountGate {
    let found = this.#accounts.get(id);
    if (found === undefined) {
      found = new AccountGate(this.#parts, this.#options.runningLimit?.(id));
      this.#accounts.set(id, found);
    }
    return found;
  }
}

const NOTHING = { key: undefined, ofType: undefined, ofAccount: undefined, rate: undefined };

/** What holds a waiting task up. */
function standingOf({ waiting, share, gates }: Place, now: number) {
  const { type, account, key } = gates;
  const ofType = type.places.limit === undefined ? undefined : shown(type.places);
  const isTask = kindOf(waiting.task) === "task";
  const full = [share.places, ...(isTask ? [account.places] : [])].find(({ isFull }) => isFull);
  const rates = [
    { per: "type", rate: type.rate },
    { per: "key", rate: key?.rateOf(type) },
  ] as const;
  const closed = rates.flatMap(({ per, rate }) =>
    rate === undefined || rate.readyAt <= now ? [] : [{ per, ...rate.rate, nextAt: rate.readyAt }],
  );
  return {
    key: key?.standing(waiting, type),
    ofType,
    ofAccount: full && shown(full),
    rate: closed[0],
  };
}

function shown({ taken, limit = Number.POSITIVE_INFINITY }: Places) {
  return { running: taken, limit };
}
