import type { AppendRefusal, BatchReply, Cell, ItemOutcome } from "./batch.ts";
import type { Committer } from "./committer.ts";
import { type Failure, storeUnavailable } from "./file/failure.ts";

export interface WriterStatistics {
  /** Transactions so far. */
  readonly commits: number;
  /** Items that were applied. */
  readonly appends: number;
}

interface Waiting {
  readonly resolve: (outcome: number | AppendRefusal) => void;
  readonly reject: (error: Error) => void;
}

/**
 * So many go out without waiting for others or for the end of the commit under way: the writer's thread then
 * works while this one makes the next, and finds them at hand when it is done. It still commits all it has at once.
 */
const FULL_BATCH = 32;

/** Calls back when what came together is to go out. */
export type Gather = (flush: () => void) => void;

/** After the promise work of this turn, so that what one event sets off goes out together. */
const endOfTurn: Gather = (flush) => queueMicrotask(() => process.nextTick(flush));

/**
 * After all events that this round of the event loop found, so that a busy process makes few commits of many items
 * where an idle one makes many of one item. Where the commit needs this thread's core too, that is most of its cost.
 */
export const endOfRound: Gather = (flush) => void setImmediate(flush);

/**
 * Group commit with an adaptive flush: what finds the writer idle goes out together with what `gather` waits for,
 * what arrives while it commits makes up the next batch. There is no delay to tune.
 */
export class Writer {
  readonly #location: string;
  readonly #committer: Committer;
  readonly #gather: Gather;
  #cells: Cell[] = [];
  #waiting: Waiting[] = [];
  /** Batches that are with the committer. */
  #underWay = 0;
  #flushScheduled = false;
  readonly #onDrained: (() => void)[] = [];
  #commits = 0;
  #appends = 0;

  constructor(location: string, committer: Committer, gather: Gather = endOfTurn) {
    this.#location = location;
    this.#committer = committer;
    this.#gather = gather;
  }

  get statistics(): WriterStatistics {
    return { commits: this.#commits, appends: this.#appends };
  }

  write(encode: (cells: Cell[]) => void): Promise<number | AppendRefusal> {
    return new Promise((resolve, reject) => {
      this.#encode(encode);
      this.#waiting.push({ resolve, reject });
      if (this.#waiting.length >= FULL_BATCH) this.#flush();
      else if (this.#underWay === 0) this.#flushSoon();
    });
  }

  /** Resolves when everything given so far is settled. */
  drain(): Promise<void> {
    if (this.#underWay === 0 && this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onDrained.push(resolve));
  }

  close(): Promise<void> {
    return this.#committer.close();
  }

  /** Leaves no half item behind when the caller's data cannot be encoded, e.g. because it is circular. */
  #encode(encode: (cells: Cell[]) => void): void {
    const before = this.#cells.length;
    try {
      encode(this.#cells);
    } catch (error) {
      this.#cells.length = before;
      throw error;
    }
  }

  #flushSoon(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    this.#gather(() => {
      this.#flushScheduled = false;
      if (this.#underWay === 0) this.#flush();
    });
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    const cells = this.#cells;
    const waiting = this.#waiting;
    this.#cells = [];
    this.#waiting = [];
    this.#underWay++;
    this.#committer.commit(cells).then(
      (reply) => this.#answered(waiting, reply),
      (failure: Failure) =>
        this.#answered(waiting, { outcomes: waiting.map(() => failure), commits: 0 }),
    );
  }

  #answered(waiting: readonly Waiting[], { outcomes, commits }: BatchReply): void {
    this.#underWay--;
    this.#commits += commits;
    // First the disk, then the callers: it works while they do.
    if (this.#underWay === 0) this.#flush();
    for (const [index, one] of waiting.entries()) this.#settle(one, outcomes[index] ?? UNANSWERED);
    if (this.#underWay === 0) for (const resolve of this.#onDrained.splice(0)) resolve();
  }

  #settle({ resolve, reject }: Waiting, outcome: ItemOutcome): void {
    if (typeof outcome === "number") this.#appends++;
    if (typeof outcome === "number" || outcome.outcome !== "failed") resolve(outcome);
    else reject(storeUnavailable(this.#location, outcome));
  }
}

const UNANSWERED: Failure = { outcome: "failed", message: "the writer gave no answer" };
