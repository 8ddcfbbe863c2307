import type { DatabaseSync, StatementSync } from "node:sqlite";
import { DomainError } from "../../core/errors.ts";
import type { EventQuery } from "../store.ts";
import { sqliteCode, storeUnavailable, toFailure } from "./file/failure.ts";
import type { Row } from "./rows.ts";
import {
  BEGIN_READ,
  END_READ,
  READ_ACCOUNT_EVENTS,
  READ_ALL_EVENTS,
  READ_TASK_EVENTS,
} from "./statements.ts";
import { DamagedRow } from "./sums.ts";

/** Returns the prepared form of a statement, which is prepared at its first use. */
export type Get = (statement: string) => StatementSync;

/** The connection that a store reads on. */
export class Reader {
  readonly #location: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #shut = false;

  /** `location` names the file in error messages. */
  constructor(location: string, db: DatabaseSync) {
    this.#location = location;
    this.#db = db;
  }

  readonly get: Get = (statement) => {
    const known = this.#statements.get(statement);
    if (known) return known;
    const prepared = this.#db.prepare(statement);
    this.#statements.set(statement, prepared);
    return prepared;
  };

  /** @throws DomainError `StoreUnavailable` if the reader is shut, or the file cannot be read. */
  query<T>(read: (get: Get) => T): T {
    this.checkOpen();
    try {
      return read(this.get);
    } catch (error) {
      throw sqliteCode(error) === undefined ? error : unreadable(this.#location, error);
    }
  }

  /**
   * Runs several statements that see one state of the database, even if the writer commits meanwhile. @throws as
   * `query`
   */
  snapshot<T>(read: (get: Get) => T): T {
    return this.query((get) => {
      get(BEGIN_READ).run();
      try {
        return read(get);
      } finally {
        // Some errors have ended the transaction already.
        if (this.#db.isTransaction) get(END_READ).run();
      }
    });
  }

  /** @throws DomainError `StoreUnavailable` once the reader is shut. */
  checkOpen(): void {
    if (!this.#shut) return;
    const message = `the store ${this.#location} is closed; open it again first`;
    throw new DomainError("StoreUnavailable", message, { location: this.#location });
  }

  /** Refuses new queries; the connection stays open for those under way. */
  shut(): void {
    this.#shut = true;
  }

  close(): void {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }
}

/** What a reader is told of an error: if a row is damaged, with the fact `damaged`, because to read it again is in vain. */
export function unreadable(location: string, error: unknown): DomainError {
  const facts = error instanceof DamagedRow ? { damaged: error.message } : {};
  return storeUnavailable(location, toFailure(error), facts);
}

/** The rows of a page of the log. What is behind the end of the page is not read. */
export function logRows(get: Get, query: EventQuery): readonly Row[] {
  const { account, taskId, after, limit, bytes } = query;
  const [statement, values] =
    taskId !== undefined
      ? [READ_TASK_EVENTS, [taskId, account ?? null, after, limit]]
      : account !== undefined
        ? [READ_ACCOUNT_EVENTS, [account, after, limit]]
        : [READ_ALL_EVENTS, [after, limit]];
  const rows = get(statement);
  return bytes === undefined ? rows.all(...values) : upTo(bytes, rows.iterate(...values));
}

function upTo(most: number, rows: Iterable<Row>): readonly Row[] {
  const page: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    page.push(row);
    bytes += Buffer.byteLength(String(row["events"]));
    if (bytes >= most) break;
  }
  return page;
}
