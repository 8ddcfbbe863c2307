import { hash } from "node:crypto";
import type { AuditEntry, AuditHead, AuditRecord } from "./access-store.ts";

export const EMPTY_CHAIN: AuditHead = { seq: 0, hash: "" };

/**
 * The order in which a record's fields are hashed. A new field must be added at the end, and is not hashed if absent.
 */
const FIELDS = [
  "at",
  "account",
  "actor",
  "accessKeyId",
  "source",
  "action",
  "resource",
  "requestId",
  "outcome",
  "status",
  "code",
  "reason",
  "taskId",
  "count",
] as const satisfies readonly (keyof AuditRecord)[];

const KNOWN: ReadonlySet<string> = new Set([...FIELDS, "seq", "previous", "hash"]);

/**
 * SHA-256 over the previous hash, the number and the record, so that a change of one entry shows in all that follow.
 */
function chainHash(previous: string, seq: number, record: AuditRecord): string {
  const values = FIELDS.map((field) => record[field]);
  return hash("sha256", JSON.stringify([previous, seq, ...values]), "hex");
}

/** Makes the record the entry that follows `head`. */
export function chained(head: AuditHead, record: AuditRecord): AuditEntry {
  const seq = head.seq + 1;
  const previous = head.hash;
  return { ...record, seq, previous, hash: chainHash(previous, seq, record) };
}

/** Says what is wrong with an entry that should follow `head`; undefined: nothing. */
export function brokenLink(head: AuditHead, entry: AuditEntry): string | undefined {
  if (entry.seq !== head.seq + 1) {
    return `entry ${head.seq + 1} is missing: ${head.seq} is followed by ${entry.seq}`;
  }
  if (entry.previous !== head.hash) {
    return `entry ${entry.seq} does not follow the entry before it: that one was changed or replaced`;
  }
  // A field that is not hashed could have been added by anybody.
  const isKnown = Object.keys(entry).every((name) => KNOWN.has(name));
  return isKnown && chainHash(entry.previous, entry.seq, entry) === entry.hash
    ? undefined
    : `entry ${entry.seq} was changed after it was written`;
}
