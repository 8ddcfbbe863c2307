import type { DatabaseSync, StatementSync } from "node:sqlite";
import { unreachable } from "../../../core/errors.ts";
import type { AccessChange, AccessWrite, AuditHead, AuditRecord } from "../../access-store.ts";
import { chained, EMPTY_CHAIN } from "../../audit-chain.ts";
import * as sql from "./statements.ts";

/** The prepared statements of the writing connection, and the end of the audit's chain. */
export interface AccessTables {
  readonly putMark: StatementSync;
  readonly putAccount: StatementSync;
  readonly putKey: StatementSync;
  readonly removeKey: StatementSync;
  readonly putPolicy: StatementSync;
  readonly removePolicy: StatementSync;
  readonly attach: StatementSync;
  readonly detach: StatementSync;
  readonly putRole: StatementSync;
  readonly removeRole: StatementSync;
  readonly putUse: StatementSync;
  readonly insertNonces: StatementSync;
  readonly forgetNonces: StatementSync;
  readonly insertAudit: StatementSync;
  readonly insertHead: StatementSync;
  readonly insertAnchor: StatementSync;
  readonly removeAudit: StatementSync;
  /** Whether what is replaced or removed from now on is overwritten in the file. */
  readonly overwriteRemoved: (is: boolean) => void;
  head: AuditHead;
}

export function prepareAccessTables(db: DatabaseSync): AccessTables {
  return {
    putMark: db.prepare(sql.PUT_MARK),
    putAccount: db.prepare(sql.PUT_ACCOUNT),
    putKey: db.prepare(sql.PUT_KEY),
    removeKey: db.prepare(sql.REMOVE_KEY),
    putPolicy: db.prepare(sql.PUT_POLICY),
    removePolicy: db.prepare(sql.REMOVE_POLICY),
    attach: db.prepare(sql.ATTACH),
    detach: db.prepare(sql.DETACH),
    putRole: db.prepare(sql.PUT_ROLE),
    removeRole: db.prepare(sql.REMOVE_ROLE),
    putUse: db.prepare(sql.PUT_USE),
    insertNonces: db.prepare(sql.INSERT_NONCES),
    forgetNonces: db.prepare(sql.FORGET_NONCES),
    insertAudit: db.prepare(sql.INSERT_AUDIT),
    insertHead: db.prepare(sql.INSERT_HEAD),
    insertAnchor: db.prepare(sql.INSERT_ANCHOR),
    removeAudit: db.prepare(sql.REMOVE_AUDIT),
    overwriteRemoved: (is) => db.exec(`PRAGMA secure_delete = ${is ? "ON" : "OFF"}`),
    head: toHead(db.prepare(sql.READ_MARK).get(sql.AUDIT_HEAD)?.["value"]),
  };
}

/** Applies one write; the caller has opened the transaction, and rolls it back if this throws. */
export function applyWrite(tables: AccessTables, write: AccessWrite): void {
  const { changes = [], nonces = [], audit = [], forgetNoncesBefore } = write;
  if (changes.length > 0) {
    // What was sealed with an old key must not stay in the free space of the file. Nonces, which are many, may.
    tables.overwriteRemoved(true);
    for (const change of changes) applyChange(tables, change);
    tables.overwriteRemoved(false);
  }
  for (const { keptUntil, hashes } of nonces) tables.insertNonces.run(keptUntil, hashes);
  if (forgetNoncesBefore !== undefined) tables.forgetNonces.run(forgetNoncesBefore);
  for (const record of audit) appendAudit(tables, record);
  if (audit.length > 0) tables.putMark.run(sql.AUDIT_HEAD, JSON.stringify(tables.head));
  const { heads = [], anchor, removeAudit } = write;
  for (const { seq, hash, at, keyId, signature } of heads) {
    tables.insertHead.run(seq, hash, at, keyId, signature);
  }
  if (anchor !== undefined) tables.insertAnchor.run(anchor.seq, anchor.signature);
  if (removeAudit !== undefined) tables.removeAudit.run(removeAudit);
}

function applyChange(tables: AccessTables, change: AccessChange): void {
  switch (change.type) {
    case "put-account":
      tables.putAccount.run(change.account.id, JSON.stringify(change.account));
      return;
    case "put-key":
      tables.putKey.run(change.key.id, JSON.stringify(change.key));
      return;
    case "remove-key":
      tables.removeKey.run(change.id);
      return;
    case "put-policy": {
      const { account, name, document } = change.policy;
      tables.putPolicy.run(account, name, JSON.stringify(document));
      return;
    }
    case "remove-policy":
      tables.removePolicy.run(change.account, change.name);
      return;
    case "attach":
    case "detach": {
      const { account, kind, target, policy } = change.attachment;
      tables[change.type].run(account, kind, target, policy);
      return;
    }
    case "put-role": {
      const { account, name } = change.role;
      tables.putRole.run(account, name, JSON.stringify(change.role));
      return;
    }
    case "remove-role":
      tables.removeRole.run(change.account, change.name);
      return;
    case "put-use":
      tables.putUse.run(change.use.id, JSON.stringify(change.use));
      return;
    case "put-mark":
      tables.putMark.run(change.name, change.value);
      return;
    default:
      unreachable(change);
  }
}

function appendAudit(tables: AccessTables, record: AuditRecord): void {
  const { seq, previous, hash } = chained(tables.head, record);
  tables.insertAudit.run(seq, record.account, JSON.stringify(record), previous, hash);
  tables.head = { seq, hash };
}

/** The end of the chain; the empty chain if the mark was changed and is no such end. */
export function toHead(mark: unknown): AuditHead {
  if (typeof mark !== "string") return EMPTY_CHAIN;
  try {
    return JSON.parse(mark) as AuditHead;
  } catch {
    return EMPTY_CHAIN;
  }
}
