import type { JsonObject } from "../core/json.ts";

/** A tenant: every task, resource, token, key and event belongs to one. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  /** When it was deleted. Its id is kept, because what belonged to it must never belong to somebody else. */
  readonly deletedAt?: number;
}

export interface StoredKey {
  readonly id: string;
  readonly account: string;
  /** The principal that signs with it, as policies and the audit write it: `acs:ram::{account}:user/{name}`. */
  readonly principal: string;
  /** The secret, and the token of a temporary key, encrypted: the store never gets them in clear. */
  readonly sealed: string;
  readonly enabled: boolean;
  readonly createdAt: number;
  /** From then on the key is refused; in ms since the epoch. Temporary keys have an end of their own. */
  readonly expiresAt?: number;
  /** The networks (CIDR) that it may be used from; absent: any. */
  readonly networks?: readonly string[];
  readonly temporary?: TemporaryKey;
}

interface TemporaryKey {
  readonly expiresAt: number;
  /** Its policies are those of this role; absent: those of its parent key. */
  readonly role?: string;
  /** The `id` of that role when the key was made, if the role was stored: a later role with its name is another. */
  readonly roleId?: string;
  /** The name that its maker gave it: a label, and nobody's identity. */
  readonly sessionName?: string;
  /** The key that it was made with. The temporary key is valid only while that key exists. */
  readonly parent?: string;
  /** Limits the key further: only what this policy allows, too, is allowed. */
  readonly sessionPolicy?: JsonObject;
}

/** A role that somebody made. Roles that are only the target of attachments are not stored. */
export interface StoredRole {
  readonly account: string;
  readonly name: string;
  /** Tells it from a later role with the same name. */
  readonly id: string;
  readonly description: string;
  /** Who may assume it, in RAM's language. */
  readonly trust: JsonObject;
  readonly maxSessionSeconds: number;
  readonly createdAt: number;
}

/** When a key was last used, from where and for what. */
export interface KeyUse {
  readonly id: string;
  readonly at: number;
  readonly source: string;
  readonly action: string;
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

interface UnreadableRecord {
  readonly kind: "account" | "key" | "policy" | "role";
  /** Its id; of a policy and a role `account/name`. */
  readonly id: string;
}

/** Everything that decides who may do what. It is small, so that it can be held in memory. */
export interface AccessRecords {
  readonly accounts: readonly Account[];
  readonly keys: readonly StoredKey[];
  readonly policies: readonly StoredPolicy[];
  readonly attachments: readonly Attachment[];
  readonly roles: readonly StoredRole[];
  readonly uses: readonly KeyUse[];
  /** What is stored and cannot be read: the others are there nevertheless. */
  readonly unreadable: readonly UnreadableRecord[];
  /** Small facts by name, e.g. the check value that shows whether the secret key is the right one. */
  readonly marks: Readonly<Record<string, string>>;
}

/** A put replaces what exists; removing what does not exist changes nothing. */
export type AccessChange =
  | { readonly type: "put-account"; readonly account: Account }
  | { readonly type: "put-key"; readonly key: StoredKey }
  | { readonly type: "remove-key"; readonly id: string }
  | { readonly type: "put-policy"; readonly policy: StoredPolicy }
  | { readonly type: "remove-policy"; readonly account: string; readonly name: string }
  | { readonly type: "attach"; readonly attachment: Attachment }
  | { readonly type: "detach"; readonly attachment: Attachment }
  | { readonly type: "put-role"; readonly role: StoredRole }
  | { readonly type: "remove-role"; readonly account: string; readonly name: string }
  /** A key that does not exist (any more) gets none. */
  | { readonly type: "put-use"; readonly use: KeyUse }
  | { readonly type: "put-mark"; readonly name: string; readonly value: string };

/** Used nonces, as hashes packed into one text. */
export interface NonceBatch {
  /** When all of them can be forgotten, in ms since the epoch. */
  readonly keptUntil: number;
  readonly hashes: string;
}

/** A call that changed something or was refused. */
export interface AuditRecord {
  readonly at: number;
  /** "" if the caller is not known. */
  readonly account: string;
  readonly actor: string;
  readonly accessKeyId: string;
  /** The address the call came from; `cli` for a command on a data directory that no server owns. */
  readonly source: string;
  readonly action: string;
  readonly resource: string;
  readonly requestId: string;
  readonly outcome: "done" | "failed" | "refused";
  /** The HTTP status of the answer; 0 for a command. */
  readonly status: number;
  /** The error code of the answer; "" if the call succeeded. */
  readonly code: string;
  /** The reason in Taskscribe's words; "" if the call succeeded. */
  readonly reason: string;
  /** The task that the call started or named; "" for none. */
  readonly taskId: string;
  /** The number of calls in this record: repeated equal refusals are counted in one. */
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
  /** Only entries after this number; 0 for all. */
  readonly after: number;
  readonly limit: number;
  /** Newest first; then `after` selects the entries before that number. */
  readonly newestFirst?: boolean;
}

/** The end of the chain, stored apart from the entries: it shows if the last of them are missing. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

/** A signed statement of what the chain was at an entry (Ed25519; `audit-heads.ts` has the text that is signed). */
export interface SignedHead extends AuditHead {
  /** When it was signed, in ms since the epoch: no entry up to it is younger. */
  readonly at: number;
  readonly keyId: string;
  /** In base64. */
  readonly signature: string;
}

/** The head up to which entries were removed: the chain that is left begins after it. */
export interface AuditAnchor extends SignedHead {
  /** Of the statement that the entries up to here were removed; in base64. */
  readonly removal: string;
}

/** Written in one transaction, or not at all. */
export interface AccessWrite {
  readonly changes?: readonly AccessChange[];
  readonly nonces?: readonly NonceBatch[];
  /** Nonces that can be forgotten by this moment are deleted. */
  readonly forgetNoncesBefore?: number;
  readonly audit?: readonly AuditRecord[];
  readonly heads?: readonly SignedHead[];
  /** Makes a head that is stored an anchor: entries up to it may be removed from now on. */
  readonly anchor?: { readonly seq: number; readonly signature: string };
  /** Removes the oldest entries up to the newest anchor, at most this many. */
  readonly removeAudit?: number;
}

/**
 * Stores keys, policies, nonces and the audit. Promises of every adapter (test/contracts/access-store-contract.ts):
 * durable before reported · all of a write or nothing · writes take effect in the order they were given · every read
 * shows all writes that have resolved · audit entries are never changed, and numbered and chained in order · they are
 * removed only up to an anchor, which is a signed head. A read or write that fails rejects with DomainError `StoreUnavailable`.
 */
export interface AccessStore {
  /** Where the data is, for people, e.g. a file name. */
  readonly location: string;
  /** Resolves only when a power cut cannot undo it. */
  write(write: AccessWrite): Promise<void>;
  /** Everything except nonces and audit. */
  load(): Promise<AccessRecords>;
  /** The batches that may not be forgotten at `now`, oldest first. */
  readNonces(now: number): Promise<readonly NonceBatch[]>;
  /** Entries in the order asked for, at most `limit`. */
  readAudit(query: AuditQuery): Promise<readonly AuditEntry[]>;
  /** The number and hash of the last entry, as stored apart from the entries; `{seq: 0, hash: ""}` for none. */
  auditHead(): Promise<AuditHead>;
  /** The number of the oldest entry that is there; 0 for none. */
  oldestAudit(): Promise<number>;
  /** Signed heads with a greater number, in their order. */
  readHeads(after: number, limit: number): Promise<readonly SignedHead[]>;
  /** The last head that was signed before this moment. */
  headBefore(at: number): Promise<SignedHead | undefined>;
  /** The newest anchor; undefined: no entry was ever removed. */
  auditAnchor(): Promise<AuditAnchor | undefined>;
  /** Waits for writes under way, then closes files and connections. */
  close(): Promise<void>;
}
