import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { JsonObject } from "../../../core/json.ts";
import {
  type AccessRecords,
  type AccessStore,
  type AccessWrite,
  type Account,
  type Attachment,
  type AuditEntry,
  type AuditHead,
  type AuditQuery,
  type AuditRecord,
  BLANK_RECORD,
  type KeyUse,
  type NonceBatch,
  type StoredKey,
  type StoredRole,
} from "../../access-store.ts";
import { closeStore } from "../close-store.ts";
import type { Committer } from "../committer.ts";
import { Reader } from "../reader.ts";
import { Writer } from "../writer.ts";
import { toHead } from "./apply-write.ts";
import * as sql from "./statements.ts";

type Row = Record<string, SQLOutputValue>;

/** Reads on a connection of its own, writes through the `Writer`, so that what waits is committed together. */
export class SqliteAccessStore implements AccessStore {
  readonly location: string;
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #release: () => void;
  #closed: Promise<void> | undefined;

  constructor(location: string, reader: DatabaseSync, committer: Committer, release: () => void) {
    this.location = location;
    this.#reader = new Reader(location, reader);
    this.#writer = new Writer(location, committer);
    this.#release = release;
  }

  async write(write: AccessWrite): Promise<void> {
    this.#reader.checkOpen();
    await this.#writer.write((cells) => cells.push(JSON.stringify(write)));
  }

  async load(): Promise<AccessRecords> {
    return this.#reader.query((get) => ({
      accounts: get(sql.READ_ACCOUNTS)
        .all()
        .map((row) => parsed<Account>(row, "doc")),
      keys: get(sql.READ_KEYS)
        .all()
        .map((row) => parsed<StoredKey>(row, "doc")),
      policies: get(sql.READ_POLICIES).all().map(toPolicy),
      attachments: get(sql.READ_ATTACHMENTS).all() as unknown as readonly Attachment[],
      roles: get(sql.READ_ROLES)
        .all()
        .map((row) => parsed<StoredRole>(row, "doc")),
      uses: get(sql.READ_USES)
        .all()
        .map((row) => parsed<KeyUse>(row, "doc")),
      marks: Object.fromEntries(
        get(sql.READ_MARKS)
          .all()
          .map((row) => [String(row["name"]), String(row["value"])]),
      ),
    }));
  }

  async readNonces(now: number): Promise<readonly NonceBatch[]> {
    return this.#reader.query(
      (get) => get(sql.READ_NONCES).all(now) as unknown as readonly NonceBatch[],
    );
  }

  async readAudit({ account, after, limit, newestFirst }: AuditQuery) {
    const order = newestFirst ? "newest" : "oldest";
    return this.#reader.query((get): readonly AuditEntry[] => {
      const rows =
        account === undefined
          ? get(sql.READ_AUDIT.all[order]).all(after, limit)
          : get(sql.READ_AUDIT.account[order]).all(account, after, limit);
      return rows.map(toAuditEntry);
    });
  }

  async auditHead(): Promise<AuditHead> {
    return this.#reader.query((get) => toHead(get(sql.READ_MARK).get(sql.AUDIT_HEAD)?.["value"]));
  }

  close(): Promise<void> {
    this.#closed ??= closeStore({
      reader: this.#reader,
      writer: this.#writer,
      release: this.#release,
    });
    return this.#closed;
  }
}

/** What we stored is not checked again: STRICT tables hold only what the writer put there. */
function parsed<T>(row: Row, column: string): T {
  return JSON.parse(String(row[column])) as T;
}

function toPolicy(row: Row) {
  return {
    account: String(row["account"]),
    name: String(row["name"]),
    document: parsed<JsonObject>(row, "document"),
  };
}

function toAuditEntry(row: Row): AuditEntry {
  return {
    ...auditRecord(row),
    seq: Number(row["seq"]),
    previous: String(row["previous"]),
    hash: String(row["hash"]),
  };
}

/** Whatever was made of a row must not keep the others from being read; the chain tells that it was changed. */
function auditRecord(row: Row): AuditRecord {
  const account = String(row["account"]);
  try {
    const record = parsed<AuditRecord>(row, "record");
    // Lists go by the column, so it must say what the record says.
    if (record.account === account) return record;
  } catch {
    // Not JSON, or null.
  }
  return { ...UNREADABLE, account };
}

const UNREADABLE: AuditRecord = { ...BLANK_RECORD, reason: "unreadable" };
