import { DomainError } from "../../src/core/errors.ts";
import type { Resource, ResourceQuery } from "../../src/core/resource.ts";
import type { FinalState, Task } from "../../src/core/task.ts";
import type { BatchReply, Cell } from "../../src/store/sqlite/batch.ts";
import type { Committer } from "../../src/store/sqlite/committer.ts";
import { type Memory, openMemory } from "../../src/store/sqlite/sqlite-store.ts";
import { WriteSession } from "../../src/store/sqlite/write-session.ts";
import type {
  Append,
  AppendResult,
  AtHand,
  EventQuery,
  Fence,
  Position,
  RowRead,
  Store,
  TaskFilter,
  TaskQuery,
} from "../../src/store/store.ts";
import type { Scheduler } from "./scheduler.ts";

/** One life of the service. Work that began in it has no effect after it has ended. */
export interface Mortal {
  readonly over: boolean;
}

interface Batch {
  readonly cells: readonly Cell[];
  readonly answer: (reply: BatchReply) => void;
}

/** Commits when it is picked, and reports the commit when it is picked again. The service may die in between. */
class ScheduledCommitter implements Committer {
  readonly #session: WriteSession;
  readonly #life: Mortal;
  readonly #scheduler: Scheduler;
  readonly #given: Batch[] = [];
  readonly #done: { readonly batch: Batch; readonly reply: BatchReply }[] = [];

  constructor(session: WriteSession, life: Mortal, scheduler: Scheduler) {
    this.#session = session;
    this.#life = life;
    this.#scheduler = scheduler;
  }

  commit(cells: readonly Cell[]): Promise<BatchReply> {
    return new Promise((answer) => {
      this.#given.push({ cells, answer });
      this.#scheduler.add("commit", () => this.#commit());
    });
  }

  async close(): Promise<void> {}

  #commit(): void {
    const batch = this.#given.shift();
    if (batch === undefined || this.#life.over) return;
    this.#done.push({ batch, reply: this.#session.commit(batch.cells) });
    this.#scheduler.add("answer", () => this.#answer());
  }

  #answer(): void {
    const first = this.#done.shift();
    if (first !== undefined && !this.#life.over) first.batch.answer(first.reply);
  }
}

export interface StoreConditions {
  readonly scheduler: Scheduler;
  readonly life: Mortal;
  /** Whether the read that is about to be made fails. */
  readonly failsToRead: () => boolean;
}

/** What was committed is in `memory`, whoever opened it before; the rest of a life is lost with it. */
export function openSimulated(memory: Memory, conditions: StoreConditions): FalliblyRead {
  const { life, scheduler } = conditions;
  const session = new WriteSession(() => memory.db);
  const committer = new ScheduledCommitter(session, life, scheduler);
  return new FalliblyRead(openMemory(memory, {}, committer), conditions);
}

/** The real store. Its reads may fail, and it answers nothing after the life has ended. */
export class FalliblyRead implements Store {
  /** Given to the store and not answered. */
  readonly underWay = new Set<Append>();
  readonly #inner: Store;
  readonly #conditions: StoreConditions;

  constructor(inner: Store, conditions: StoreConditions) {
    this.#inner = inner;
    this.#conditions = conditions;
  }

  get location(): string {
    return this.#inner.location;
  }

  get logEpochs() {
    return this.#inner.logEpochs;
  }

  append(append: Append): Promise<AppendResult> {
    this.underWay.add(append);
    return this.#alive(() => this.#inner.append(append)).finally(() =>
      this.underWay.delete(append),
    );
  }

  archive(taskIds: readonly string[]) {
    return this.#alive(() => this.#inner.archive(taskIds));
  }

  seedResources(account: string, resources: readonly Omit<Resource, "version">[]): Promise<void> {
    return this.#alive(() => this.#inner.seedResources(account, resources));
  }

  read(account: string, taskId: string, wasRead?: RowRead): Promise<Task | undefined> {
    return this.#reading(() => this.#inner.read(account, taskId, wasRead));
  }

  list(query: TaskQuery, atHand?: AtHand, wasRead?: RowRead) {
    return this.#reading(() => this.#inner.list(query, atHand, wasRead));
  }

  count(filter: TaskFilter, most: number) {
    return this.#reading(() => this.#inner.count(filter, most));
  }

  listOpen(after: string | undefined, limit: number, wasRead?: RowRead) {
    // A start that cannot read ends the process, like a crash.
    return this.#alive(() => this.#inner.listOpen(after, limit, wasRead));
  }

  readEvents(query: EventQuery) {
    return this.#reading(() => this.#inner.readEvents(query));
  }

  counts(account: string) {
    return this.#reading(() => this.#inner.counts(account));
  }

  usage() {
    return this.#reading(() => this.#inner.usage());
  }

  listEnded(state: FinalState, before: number, limit: number, after?: string) {
    return this.#reading(() => this.#inner.listEnded(state, before, limit, after));
  }

  tasksWithKey(account: string, concurrencyKey: string) {
    return this.#reading(() => this.#inner.tasksWithKey(account, concurrencyKey));
  }

  lastPosition() {
    return this.#reading(() => this.#inner.lastPosition());
  }

  isNext(position: Position, next: Position) {
    return this.#inner.isNext(position, next);
  }

  takeOwnership(scope: string, owner: string) {
    return this.#alive(() => this.#inner.takeOwnership(scope, owner));
  }

  giveUpOwnership(fence: Fence) {
    return this.#alive(() => this.#inner.giveUpOwnership(fence));
  }

  readOwnership(scope: string) {
    return this.#reading(() => this.#inner.readOwnership(scope));
  }

  findToken(account: string, scope: string, token: string) {
    return this.#reading(() => this.#inner.findToken(account, scope, token));
  }

  readResource(account: string, kind: string, id: string) {
    return this.#reading(() => this.#inner.readResource(account, kind, id));
  }

  listResources(account: string, query: ResourceQuery) {
    return this.#reading(() => this.#inner.listResources(account, query));
  }

  /** The memory stays, for the next life. */
  async close(): Promise<void> {}

  async #reading<T>(read: () => Promise<T>): Promise<T> {
    if (this.#conditions.failsToRead()) {
      throw new DomainError("StoreUnavailable", "the simulated disk could not be read; try again");
    }
    return this.#alive(read);
  }

  #alive<T>(use: () => Promise<T>): Promise<T> {
    return this.#conditions.life.over ? new Promise(() => {}) : use();
  }
}
