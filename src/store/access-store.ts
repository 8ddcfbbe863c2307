import type { JsonObject } from "../core/json.ts";

/** A tenant: every task, resource, token, key and event belongs to one. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
}

export interface StoredKey {
  readonly id: string;
  readonly account: string;
  /** Who signs with it, as policies and audit spell it: `acs:ram::{account}:user/{name}`. */
  readonly principal: string;
  /** The secret, and a temporary key's token, encrypted: no store ever sees them. */
  readonly sealed: string;
  readonly enabled: boolean;
  readonly createdAt: number;
  readonly temporary?: TemporaryKey;
}

interface TemporaryKey {
  readonly expiresAt: number;
  /** Its policies are the role's, if it has one, else those of the key it was made with. */
  readonly role?: string;
  /** The key it was made with; without that one it is worth nothing. */
  readonly parent?: string;
  /** Allows only what this allows as well. */
  readonly sessionPolicy?: JsonObject;
}

export interface StoredPolicy {
  readonly account: string;
  readonly name: string;
  readonly document: JsonObject;
}

export interface Attachment {
  readonly account: string;
  readonly policy: string;
  readonly kind: "key" | "role";
  /** A key's id or a role's name. */
  readonly target: string;
}

/** All that decides who may do what; small enough to be held in memory. */
export interface AccessRecords {
  readonly accounts: readonly Account[];
  readonly keys: readonly StoredKey[];
  readonly policies: readonly StoredPolicy[];
  readonly attachments: readonly Attachment[];
  /** Small facts by name, e.g. what tells whether the right secret key was given. */
  readonly marks: Readonly<Record<string, string>>;
}

/** Puts replace what is there; removing what is not there changes nothing. */
export type AccessChange =
  | { readonly type: "put-account"; readonly account: Account }
  | { readonly type: "put-key"; readonly key: StoredKey }
  | { readonly type: "remove-key"; readonly id: string }
  | { readonly type: "put-policy"; readonly policy: StoredPolicy }
  | { readonly type: "remove-policy"; readonly account: string; readonly name: string }
  | { readonly type: "attach"; readonly attachment: Attachment }
  | { readonly type: "detach"; readonly attachment: Attachment }
  | { readonly type: "put-mark"; readonly name: string; readonly value: string };

/** Nonces that were used, as hashes packed into text by whoever keeps them in memory. */
export interface NonceBatch {
  /** Until when the last of them must be known, in ms since the epoch. */
  readonly keptUntil: number;
  readonly hashes: string;
}

/** One call that changed something, or was turned away. */
export interface AuditRecord {
  readonly at: number;
  /** "" when it is not known whose call it was. */
  readonly account: string;
  readonly actor: string;
  readonly accessKeyId: string;
  /** The address the call came from; `cli` for a command on a data directory that no server owns. */
  readonly source: string;
  readonly action: string;
  readonly resource: string;
  readonly requestId: string;
  readonly outcome: "done" | "failed" | "refused";
  /** The HTTP status that went out; 0 for a command. */
  readonly status: number;
  /** The error code that went out; "" when it was done. */
  readonly code: string;
  /** Why, in our words; "" when it was done. */
  readonly reason: string;
  /** The task it started or was about; "" for none. */
  readonly taskId: string;
  /** How many alike calls this record stands for: repeated refusals are counted, not listed. */
  readonly count: number;
}

/** A record of which nothing is known. */
export const BLANK_RECORD: AuditRecord = {
  at: 0,
  account: "",
  actor: "",
  accessKeyId: "",
  source: "",
  action: "",
  resource: "",
  requestId: "",
  outcome: "failed",
  status: 0,
  code: "",
  reason: "",
  taskId: "",
  count: 0,
};

/** A record as it stands in the chain: `hash` covers the record, its number and the hash before it. */
export interface AuditEntry extends AuditRecord {
  /** 1, 2, 3 … without gap. */
  readonly seq: number;
  readonly previous: string;
  readonly hash: string;
}

export interface AuditQuery {
  /** All accounts when absent. */
  readonly account?: string;
  /** Only what came after this number; 0 for all. */
  readonly after: number;
  readonly limit: number;
  /** Newest first; `after` then means before. */
  readonly newestFirst?: boolean;
}

/** The end of the chain, kept apart from the entries: shows when the last of them are missing. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

/** Written in one transaction, or not at all. */
export interface AccessWrite {
  readonly changes?: readonly AccessChange[];
  readonly nonces?: readonly NonceBatch[];
  /** Nonces that need not be known after this moment are dropped. */
  readonly forgetNoncesBefore?: number;
  readonly audit?: readonly AuditRecord[];
}

/**
 * Where keys, policies, nonces and the audit are kept. Promises of every adapter
 * (test/contracts/access-store-contract.ts): durable before told · all of a write or nothing · writes take effect in
 * the order they were given · every read shows all writes that have resolved · audit entries are never changed, and
 * numbered and chained in order. What cannot be read or written rejects with DomainError `StoreUnavailable`.
 */
export interface AccessStore {
  /** For people: where it is, e.g. a file name. */
  readonly location: string;
  /** Resolves only when a power cut cannot undo it. */
  write(write: AccessWrite): Promise<void>;
  /** Everything but nonces and audit, as of now. */
  load(): Promise<AccessRecords>;
  /** Batches that must still be known at `now`, oldest first. */
  readNonces(now: number): Promise<readonly NonceBatch[]>;
  /** Entries in the order asked for, at most `limit`. */
  readAudit(query: AuditQuery): Promise<readonly AuditEntry[]>;
  /** The last entry's number and hash as noted beside the entries; `{seq: 0, hash: ""}` for none. */
  auditHead(): Promise<AuditHead>;
  /** Waits for writes under way, then lets go of files and connections. */
  close(): Promise<void>;
}
