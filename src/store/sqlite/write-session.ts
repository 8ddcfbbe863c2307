import type { DatabaseSync } from "node:sqlite";
import { fault } from "../../fault-points.ts";
import { applyItem, prepareTables, type Tables } from "./apply-batch.ts";
import {
  type BatchReply,
  type Cell,
  decodeBatch,
  type StoredDelta,
  type WriteItem,
} from "./batch.ts";
import type { StoredBytes } from "./counts.ts";
import { Transactions } from "./transactions.ts";

/** Writes each batch in one transaction. */
export class WriteSession {
  readonly #transactions: Transactions<WriteItem, Tables>;
  /** What the transaction under way adds for each account, and what was committed since the last reply. */
  #adding: StoredBytes = new Map();
  #stored: StoredDelta[] = [];

  constructor(connect: () => DatabaseSync) {
    this.#transactions = new Transactions(connect, {
      prepare: prepareTables,
      apply: (tables, items) => {
        const outcomes = items.map((item) => applyItem(tables, item));
        this.#adding = tables.counts.flush();
        return outcomes;
      },
      beforeCommit: () => fault("before-commit"),
      afterCommit: () => {
        this.#stored.push(...this.#adding);
        fault("after-commit-before-answer");
      },
      beforeCheckpoint: () => fault("before-checkpoint"),
      afterCheckpoint: () => fault("after-checkpoint"),
    });
  }

  /** Never throws: the reply says for each item whether it failed. */
  commit(batch: readonly Cell[]): BatchReply {
    return { ...this.#transactions.run(decodeBatch(batch)), stored: this.#takeStored() };
  }

  /** Commits several batches in one transaction, which the reply to the first one counts. */
  commitAll(batches: readonly (readonly Cell[])[]): readonly BatchReply[] {
    const decoded = batches.map(decodeBatch);
    const { outcomes, commits } = this.#transactions.run(decoded.flat());
    const stored = this.#takeStored();
    let answered = 0;
    return decoded.map(({ length }, index) => {
      const part = outcomes.slice(answered, answered + length);
      answered += length;
      return index === 0 ? { outcomes: part, commits, stored } : { outcomes: part, commits: 0 };
    });
  }

  #takeStored(): readonly StoredDelta[] {
    const stored = this.#stored;
    this.#stored = [];
    return stored;
  }

  /** Moves the write-ahead log into the database file, and closes the file. */
  close(): void {
    this.#transactions.close();
  }
}
