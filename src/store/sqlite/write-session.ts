import type { DatabaseSync } from "node:sqlite";
import { fault } from "../../fault-points.ts";
import { applyItem, prepareTables, type Tables } from "./apply-batch.ts";
import { type BatchReply, type Cell, decodeBatch, type WriteItem } from "./batch.ts";
import { Transactions } from "./transactions.ts";

/** Writes each batch in one transaction. */
export class WriteSession {
  readonly #transactions: Transactions<WriteItem, Tables>;

  constructor(connect: () => DatabaseSync) {
    this.#transactions = new Transactions(connect, {
      prepare: prepareTables,
      apply: (tables, items) => {
        const outcomes = items.map((item) => applyItem(tables, item));
        tables.counts.flush();
        return outcomes;
      },
      beforeCommit: () => fault("before-commit"),
      afterCommit: () => fault("after-commit-before-answer"),
      beforeCheckpoint: () => fault("before-checkpoint"),
      afterCheckpoint: () => fault("after-checkpoint"),
    });
  }

  /** Never throws: the reply says for each item whether it failed. */
  commit(batch: readonly Cell[]): BatchReply {
    return this.#transactions.run(decodeBatch(batch));
  }

  /** Commits several batches in one transaction, which the reply to the first one counts. */
  commitAll(batches: readonly (readonly Cell[])[]): readonly BatchReply[] {
    const decoded = batches.map(decodeBatch);
    const { outcomes, commits } = this.#transactions.run(decoded.flat());
    let answered = 0;
    return decoded.map(({ length }, index) => {
      const part = outcomes.slice(answered, answered + length);
      answered += length;
      return { outcomes: part, commits: index === 0 ? commits : 0 };
    });
  }

  /** Moves the write-ahead log into the database file, and closes the file. */
  close(): void {
    this.#transactions.close();
  }
}
