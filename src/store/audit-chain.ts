import { hash } from "node:crypto";
import type { AuditEntry, AuditHead, AuditRecord } from "./access-store.ts";

export const EMPTY_CHAIN: AuditHead = { seq: 0, hash: "" };

/** The order in which a record's fields are hashed; a new field goes to the end and is left out where it is absent. */
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

/** SHA-256 over the hash before, the number and the record: whoever changes one entry must change all that follow. */
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

/** What is wrong with an entry that should follow `head`, in words; undefined: nothing. */
export function brokenLink(head: AuditHead, entry: AuditEntry): string | undefined {
  if (entry.seq !== head.seq + 1) {
    return `entry ${head.seq + 1} is missing: ${head.seq} is followed by ${entry.seq}`;
  }
  if (entry.previous !== head.hash) {
    return `entry ${entry.seq} does not follow the entry before it: that one was changed or replaced`;
  }
  // What is not hashed could be anybody's.
  const isKnown = Object.keys(entry).every((name) => KNOWN.has(name));
  return isKnown && chainHash(entry.previous, entry.seq, entry) === entry.hash
    ? undefined
    : `entry ${entry.seq} was changed after it was written`;
}
