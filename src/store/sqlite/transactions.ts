import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { BatchReply, ItemOutcome } from "./batch.ts";
import { hitsAll, losesConnection, toFailure } from "./file/failure.ts";

/** What a writer does inside each transaction, and what it does around commits and checkpoints. */
export interface TransactionHandler<Entry, Tables> {
  /**
   * Makes the statements, and what is kept from one transaction to the next. Called again after a failed transaction.
   */
  prepare(db: DatabaseSync): Tables;
  apply(tables: Tables, items: readonly Entry[]): readonly ItemOutcome[];
  /** Just before and just after a commit. */
  readonly beforeCommit: () => void;
  readonly afterCommit: () => void;
  /** Around the checkpoint of a close. */
  readonly beforeCheckpoint?: () => void;
  readonly afterCheckpoint?: () => void;
}

interface Connection<Tables> {
  readonly db: DatabaseSync;
  readonly tables: Tables;
  readonly begin: StatementSync;
  readonly commit: StatementSync;
}

/** Runs the transactions of one writer, on a connection that is opened when needed and replaced when it fails. */
export class Transactions<Entry, Tables> {
  readonly #connect: () => DatabaseSync;
  readonly #handler: TransactionHandler<Entry, Tables>;
  #connection: Connection<Tables> | undefined;

  constructor(connect: () => DatabaseSync, handler: TransactionHandler<Entry, Tables>) {
    this.#connect = connect;
    this.#handler = handler;
  }

  /** Runs all entries in one transaction. Never throws: the reply says for each entry whether it failed. */
  run(items: readonly Entry[]): BatchReply {
    try {
      return { outcomes: this.#transaction(items), commits: 1 };
    } catch (error) {
      const failure = toFailure(error);
      this.#rollBack(losesConnection(failure));
      // An entry that SQLite cannot store, e.g. a text of 1 GB, must not make the others fail.
      if (items.length > 1 && !hitsAll(failure)) return this.#oneByOne(items);
      return { outcomes: items.map(() => failure), commits: 0 };
    }
  }

  /** Moves the write-ahead log into the database file, and closes the file. */
  close(): void {
    const db = this.#connection?.db;
    this.#connection = undefined;
    try {
      this.#handler.beforeCheckpoint?.();
      db?.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      this.#handler.afterCheckpoint?.();
    } catch {
      // No harm: what was committed is safe in the write-ahead log, where the next start reads it.
    } finally {
      if (db?.isOpen) db.close();
    }
  }

  #transaction(items: readonly Entry[]): readonly ItemOutcome[] {
    this.#connection ??= this.#prepare(this.#connect());
    const { begin, tables, commit } = this.#connection;
    begin.run();
    const outcomes = this.#handler.apply(tables, items);
    this.#handler.beforeCommit();
    commit.run();
    this.#handler.afterCommit();
    return outcomes;
  }

  #oneByOne(items: readonly Entry[]): BatchReply {
    const replies = items.map((item) => this.run([item]));
    return {
      outcomes: replies.flatMap(({ outcomes }) => outcomes),
      commits: replies.reduce((sum, { commits }) => sum + commits, 0),
    };
  }

  /** Rolls the transaction back, and reads again what is kept between transactions. */
  #rollBack(connectionLost: boolean): void {
    const lost = this.#connection;
    if (!lost) return;
    this.#connection = undefined;
    try {
      if (lost.db.isTransaction) lost.db.exec("ROLLBACK");
      if (!connectionLost) {
        this.#connection = this.#prepare(lost.db);
        return;
      }
    } catch {
      // A connection that cannot roll back is given up like one that failed.
    }
    lost.db.close();
  }

  #prepare(db: DatabaseSync): Connection<Tables> {
    return {
      db,
      tables: this.#handler.prepare(db),
      begin: db.prepare("BEGIN IMMEDIATE"),
      commit: db.prepare("COMMIT"),
    };
  }
}
