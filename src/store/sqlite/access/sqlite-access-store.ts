import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { JsonObject } from "../../../core/json.ts";
import {
  type AccessRecords,
  type AccessStore,
  type AccessWrite,
  type Account,
  type Attachment,
  type AuditAnchor,
  type AuditEntry,
  type AuditHead,
  type AuditQuery,
  type AuditRecord,
  BLANK_RECORD,
  type KeyUse,
  type NonceBatch,
  type SignedHead,
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
    return this.#reader.query((get) => {
      const unreadable: AccessRecords["unreadable"][number][] = [];
      const read = <T>(kind: (typeof unreadable)[number]["kind"], query: string) =>
        get(query)
          .all()
          .flatMap((row) => {
            const record = parsed<T>(row, "doc");
            if (record !== undefined) return [{ row, record }];
            unreadable.push({ kind, id: String(row["id"]) });
            return [];
          });
      return {
        accounts: documents(read<Account>("account", sql.READ_ACCOUNTS)),
        keys: documents(read<StoredKey>("key", sql.READ_KEYS)),
        policies: read<JsonObject>("policy", sql.READ_POLICIES).map(toPolicy),
        attachments: get(sql.READ_ATTACHMENTS).all() as unknown as readonly Attachment[],
        roles: documents(read<StoredRole>("role", sql.READ_ROLES)),
        uses: get(sql.READ_USES)
          .all()
          .flatMap((row) => parsed<KeyUse>(row, "doc") ?? []),
        marks: Object.fromEntries(
          get(sql.READ_MARKS)
            .all()
            .map((row) => [String(row["name"]), String(row["value"])]),
        ),
        unreadable,
      };
    });
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

  async oldestAudit(): Promise<number> {
    return this.#reader.query((get) => Number(get(sql.OLDEST_AUDIT).get()?.["seq"] ?? 0));
  }

  async readHeads(after: number, limit: number): Promise<readonly SignedHead[]> {
    return this.#reader.query(
      (get) => get(sql.READ_HEADS).all(after, limit) as unknown as readonly SignedHead[],
    );
  }

  async headBefore(at: number): Promise<SignedHead | undefined> {
    return this.#reader.query(
      (get) => get(sql.HEAD_BEFORE).get(at) as unknown as SignedHead | undefined,
    );
  }

  async auditAnchor(): Promise<AuditAnchor | undefined> {
    return this.#reader.query(
      (get) => get(sql.READ_ANCHOR).get() as unknown as AuditAnchor | undefined,
    );
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

/** Undefined for what is no JSON object: whatever was made of one row must not keep the others from being read. */
function parsed<T>(row: Row, column: string): T | undefined {
  try {
    const value: unknown = JSON.parse(String(row[column]));
    return typeof value === "object" && value !== null ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}

function documents<T>(rows: readonly { readonly record: T }[]): readonly T[] {
  return rows.map(({ record }) => record);
}

function toPolicy({ row, record }: { readonly row: Row; readonly record: JsonObject }) {
  return { account: String(row["account"]), name: String(row["name"]), document: record };
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
  const record = parsed<AuditRecord>(row, "record");
  // Lists go by the column, so it must say what the record says.
  return record?.account === account ? record : { ...UNREADABLE, account };
}

const UNREADABLE: AuditRecord = { ...BLANK_RECORD, reason: "unreadable" };
