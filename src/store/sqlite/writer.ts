import type { AppendRefusal, BatchReply, Cell, ItemOutcome } from "./batch.ts";
import type { Committer } from "./committer.ts";
import { type Failure, storeUnavailable } from "./file/failure.ts";

export interface WriterStatistics {
  /** The number of transactions so far. */
  readonly commits: number;
  /** The number of items that were applied. */
  readonly appends: number;
}

interface Waiting {
  readonly resolve: (outcome: number | AppendRefusal) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A batch of this size is sent without waiting for more items or for the end of the commit under way, so that the
 * writer thread works while this thread makes the next batch. The writer still commits all batches that it has at once.
 */
const FULL_BATCH = 32;

/** Calls back when the items that came together are to be sent. */
export type Gather = (flush: () => void) => void;

/** Waits for the promise callbacks of this turn, so that the items of one event are sent together. */
const endOfTurn: Gather = (flush) => queueMicrotask(() => process.nextTick(flush));

/**
 * Waits for all events of this round of the event loop, so that a busy process makes few commits of many items. This
 * saves most of the cost of commits if they run on the same core as this thread.
 */
export const endOfRound: Gather = (flush) => void setImmediate(flush);

/**
 * Group commit with an adaptive flush: if the writer is idle, an item is sent together with those that `gather` waits
 * for; items that arrive during a commit form the next batch. There is no delay to configure.
 */
export class Writer {
  readonly #location: string;
  readonly #committer: Committer;
  readonly #gather: Gather;
  #cells: Cell[] = [];
  #waiting: Waiting[] = [];
  /** The number of batches that the committer has. */
  #underWay = 0;
  #flushScheduled = false;
  /** Called after each commit with how many bytes more an account has stored. */
  onStored: (account: string, bytes: number) => void = () => {};
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

  /** Resolves when all items so far are settled. */
  drain(): Promise<void> {
    if (this.#underWay === 0 && this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onDrained.push(resolve));
  }

  close(): Promise<void> {
    return this.#committer.close();
  }

  /** Removes a partly encoded item if the caller's data cannot be encoded, e.g. because it is circular. */
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

  #answered(waiting: readonly Waiting[], { outcomes, commits, stored }: BatchReply): void {
    this.#underWay--;
    this.#commits += commits;
    if (stored !== undefined) for (const [account, bytes] of stored) this.onStored(account, bytes);
    // Sends the next batch before it answers the callers, so that the disk works meanwhile.
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
