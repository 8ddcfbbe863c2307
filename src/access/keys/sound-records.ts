import { isName } from "../../core/values/names.ts";
import type {
  AccessRecords,
  Account,
  Attachment,
  StoredKey,
  StoredPolicy,
  StoredRole,
} from "../../store/access-store.ts";

type Kind = "account" | "key" | "policy" | "attachment" | "role";

/** A record that cannot be used: it was damaged or is of an unknown form. */
export interface UnsoundRecord {
  readonly kind: Kind;
  readonly id: string;
}

interface Sound {
  readonly records: AccessRecords;
  readonly unsound: readonly UnsoundRecord[];
}

/**
 * Separates the records that can be used from those that cannot. Whatever depends on one that cannot is refused: the keys of
 * an account, what a policy is attached to, the sessions of a role. So nothing is ever allowed by damage.
 */
export function soundRecords(records: AccessRecords): Sound {
  const unsound: UnsoundRecord[] = [...records.unreadable];
  const pick = <T>(
    kind: Kind,
    all: readonly T[],
    isSound: (one: T) => boolean,
    id: (one: T) => string,
  ) =>
    all.filter((one) => {
      if (isSound(one)) return true;
      unsound.push({ kind, id: id(one) });
      return false;
    });
  const accounts = pick("account", records.accounts, isSoundAccount, ({ id }) => String(id));
  const keys = pick("key", records.keys, isSoundKey, ({ id }) => String(id));
  const policies = pick("policy", records.policies, isSoundPolicy, nameIn);
  const roles = pick("role", records.roles, isSoundRole, nameIn);
  // One of an unknown kind may be of a key or of a role: it stays with both, where its policy denies.
  const attachments = records.attachments.flatMap((one): readonly Attachment[] => {
    if (one.kind === "key" || one.kind === "role") return [one];
    const { account, target } = one as Attachment;
    unsound.push({ kind: "attachment", id: `${account}/${target}` });
    const lost = { account, target, policy: UNKNOWN_POLICY };
    return [
      { ...lost, kind: "key" },
      { ...lost, kind: "role" },
    ];
  });
  return { records: { ...records, accounts, keys, policies, roles, attachments }, unsound };
}

/** No policy can have this name, so that it is never found, and denies. */
const UNKNOWN_POLICY = "(unknown)";

function isSoundAccount({ id, createdAt, deletedAt }: Account): boolean {
  return isName(id) && isNumber(createdAt) && (deletedAt === undefined || isNumber(deletedAt));
}

function isSoundKey(key: StoredKey): boolean {
  const { id, account, principal, sealed, enabled, createdAt, expiresAt, networks, temporary } =
    key;
  return (
    isText(id) &&
    isName(account) &&
    isText(principal) &&
    isText(sealed) &&
    typeof enabled === "boolean" &&
    isNumber(createdAt) &&
    (expiresAt === undefined || isNumber(expiresAt)) &&
    (networks === undefined || (Array.isArray(networks) && networks.every(isText))) &&
    (temporary === undefined || isSoundSession(temporary))
  );
}

function isSoundSession(temporary: NonNullable<StoredKey["temporary"]>): boolean {
  if (typeof temporary !== "object" || temporary === null) return false;
  const { expiresAt, role, roleId, parent, sessionPolicy } = temporary;
  return (
    isNumber(expiresAt) &&
    [role, roleId, parent].every((text) => text === undefined || isText(text)) &&
    (sessionPolicy === undefined || isObject(sessionPolicy))
  );
}

function isSoundPolicy({ account, name, document }: StoredPolicy): boolean {
  return isName(account) && isName(name) && isObject(document);
}

function isSoundRole({ account, name, id, trust, maxSessionSeconds }: StoredRole): boolean {
  const named = isName(account) && isName(name) && isText(id);
  return named && isObject(trust) && isNumber(maxSessionSeconds);
}

function nameIn({ account, name }: { readonly account: string; readonly name: string }): string {
  return `${account}/${name}`;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
