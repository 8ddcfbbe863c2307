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

/** The first thing in an audit that does not fit. */
export interface Misfit {
  /** The number of the entry. */
  readonly seq: number;
  /**
   * `gap`: entries are missing · `link`: it does not follow the one before it · `hash`: it was changed · `head`: a signed
   * head says something else · `signature`: of a head or an anchor is wrong · `end`: entries at the end are missing.
   */
  readonly what: "gap" | "link" | "hash" | "head" | "signature" | "end";
  /** In words. */
  readonly told: string;
}

/** What is wrong with an entry that should follow `head`; undefined: nothing. */
export function misfitOf(head: AuditHead, entry: AuditEntry): Misfit | undefined {
  const { seq } = entry;
  if (seq !== head.seq + 1) {
    const told = `entry ${head.seq + 1} is missing: ${head.seq} is followed by ${seq}`;
    return { seq: head.seq + 1, what: "gap", told };
  }
  if (entry.previous !== head.hash) {
    const told = `entry ${seq} does not follow the entry before it: that one was changed or replaced`;
    return { seq, what: "link", told };
  }
  // A field that is not hashed could have been added by anybody.
  const isKnown = Object.keys(entry).every((name) => KNOWN.has(name));
  if (isKnown && chainHash(entry.previous, seq, entry) === entry.hash) return undefined;
  return { seq, what: "hash", told: `entry ${seq} was changed after it was written` };
}

/** `misfitOf` in words. */
export function brokenLink(head: AuditHead, entry: AuditEntry): string | undefined {
  return misfitOf(head, entry)?.told;
}
