import type { DatabaseSync } from "node:sqlite";
import { fault } from "../../../fault-points.ts";
import type { AccessWrite } from "../../access-store.ts";
import type { BatchReply, Cell, ItemOutcome } from "../batch.ts";
import { Transactions } from "../transactions.ts";
import { type AccessTables, applyWrite, prepareAccessTables } from "./apply-write.ts";

const WRITTEN: ItemOutcome = 0;

/** Writes each batch of writes (one cell of JSON each) in one transaction. */
export class AccessSession {
  readonly #transactions: Transactions<AccessWrite, AccessTables>;

  constructor(connect: () => DatabaseSync) {
    this.#transactions = new Transactions(connect, {
      prepare: prepareAccessTables,
      apply: (tables, writes) =>
        writes.map((write) => {
          applyWrite(tables, write);
          return WRITTEN;
        }),
      beforeCommit: () => fault("before-access-commit"),
      afterCommit: () => fault("after-access-commit"),
    });
  }

  /** Never throws: the reply says for each write whether it failed. */
  commit(cells: readonly Cell[]): BatchReply {
    return this.#transactions.run(cells.map((cell) => JSON.parse(String(cell)) as AccessWrite));
  }

  /** Moves the write-ahead log into the database file, and closes the file. */
  close(): void {
    this.#transactions.close();
  }
}
