import type { Restriction, Rights } from "../../auth/policy/decision.ts";
import type { NamedPolicy } from "../../auth/policy/policy.ts";
import type { Attachment, StoredKey, StoredRole } from "../../store/access-store.ts";
import { named } from "../policies/policy-book.ts";
import { roleArn } from "../roles/role-book.ts";
import { type Networks, rangesOf } from "./key-networks.ts";

/** What follows from a key and everything that it comes from. */
export interface Standing {
  readonly enabled: boolean;
  /** When the first of the chain ends, in ms since the epoch; Infinity: never. */
  readonly endsAt: number;
  readonly rights: Rights;
  /** Where requests must come from; undefined: from anywhere. */
  readonly networks: Networks | undefined;
  /** The user, or the role of the last key that has one. */
  readonly principalArn: string;
  /**
   * The same for the audit and as the owner of tasks, with the name of the session and with who began the chain: two
   * users who choose the same role and name are two.
   */
  readonly actor: string;
}

/** Where the keys and policies of a chain are looked up. */
export interface ChainSource {
  key(id: string): StoredKey | undefined;
  role(account: string, name: string): StoredRole | undefined;
  /** Whether nobody may do anything in the account any more. */
  isClosed(account: string): boolean;
  attachedTo(account: string, kind: Attachment["kind"], target: string): readonly NamedPolicy[];
}

/** The name of the policy that came with a temporary key. */
const SESSION_POLICY = "(session policy)";

/** One set of policies, and an empty one: the key may do nothing. */
export function noRights(keyId: string): Rights {
  return { every: [{ link: { kind: "key", name: keyId }, policies: [] }] };
}

/**
 * The standing of a key: the meet of its whole chain. A temporary key comes from the key that it was made with, and so on up
 * to a permanent key or the operator. Each of them, with its role and its policies, can only take away. A chain with a
 * gap, a circle, a role that is gone, a key of another account or an account
 * that was deleted allows nothing.
 */
export function standingOf(key: StoredKey, source: ChainSource): Standing {
  const chain = chainOf(key, source);
  if (chain === undefined) return broken(key);
  const ends = chain.map(({ temporary, expiresAt }) => temporary?.expiresAt ?? expiresAt);
  const every = chain.flatMap((link) => restrictionsOf(link, link === key, source));
  const networks = chain.flatMap((link) => (link.networks ? [rangesOf(link.networks)] : []));
  return {
    enabled: chain.every(({ enabled }) => enabled),
    endsAt: Math.min(...ends.map((end) => end ?? Number.POSITIVE_INFINITY)),
    rights: every.length === 0 ? "full" : { every },
    networks: networks.length === 0 ? undefined : networks,
    ...identityOf(chain),
  };
}

type Chain = readonly [StoredKey, ...(readonly StoredKey[])];

/** The key and all that it comes from, the first of them first; undefined if it is not whole. */
function chainOf(key: StoredKey, source: ChainSource): Chain | undefined {
  if (source.isClosed(key.account)) return undefined;
  let chain: Chain = [key];
  for (;;) {
    const [link] = chain;
    if (link.account !== key.account || !hasRole(link, source)) return undefined;
    const parent = link.temporary?.parent;
    if (parent === undefined) return chain;
    const next = source.key(parent);
    if (next === undefined || chain.includes(next)) return undefined;
    chain = [next, ...chain];
  }
}

/** A chain that is not whole: nobody can say what it may do. */
function broken({ id, principal }: StoredKey): Standing {
  const identity = { principalArn: principal, actor: principal };
  const nothing = { enabled: false, endsAt: Number.NEGATIVE_INFINITY, rights: noRights(id) };
  return { ...nothing, networks: [], ...identity };
}

/** Whether the role of the key, if it has one that was stored, is still the same. */
function hasRole({ account, temporary }: StoredKey, source: ChainSource): boolean {
  if (temporary?.role === undefined || temporary.roleId === undefined) return true;
  return source.role(account, temporary.role)?.id === temporary.roleId;
}

function identityOf(chain: Chain) {
  const [first] = chain;
  const roleKey = chain.findLast(({ temporary }) => temporary?.role !== undefined);
  const isUser = first.temporary === undefined;
  const user = isUser ? first.principal : `acs:ram::${first.account}:user/${first.id}`;
  const role = roleKey?.temporary?.role;
  if (roleKey === undefined || role === undefined) return { principalArn: user, actor: user };
  const { account, principal } = roleKey;
  const maker = isUser ? user.slice(user.lastIndexOf(":") + 1) : "operator";
  return { principalArn: roleArn(account, role), actor: `${principal}/${maker}` };
}

/** What this one key adds to the rights of the one before it. */
function restrictionsOf(
  { id, account, temporary }: StoredKey,
  isLast: boolean,
  source: ChainSource,
): readonly Restriction[] {
  if (temporary === undefined) {
    const policies = source.attachedTo(account, "key", id);
    return policies.length === 0 ? [] : [{ link: { kind: "key", name: id }, policies }];
  }
  const { role, sessionPolicy } = temporary;
  const added: Restriction[] = [];
  if (role !== undefined) {
    // A role without policies allows nothing, which is what an empty set says.
    const policies = source.attachedTo(account, "role", role);
    added.push({ link: { kind: "role", name: role }, policies });
  }
  if (sessionPolicy !== undefined) {
    const policies = [named(isLast ? SESSION_POLICY : sessionPolicyOf(id), sessionPolicy)];
    added.push({ link: { kind: "session", name: id }, policies });
  }
  return added;
}

/** What the policy of an earlier temporary key of the chain is called. */
function sessionPolicyOf(id: string): string {
  return `(session policy of ${id})`;
}

/** The document behind the name of a session policy in the rights of a key; undefined: the name is of another policy. */
export function sessionDocument(
  key: StoredKey,
  name: string,
  source: Pick<ChainSource, "key">,
): NonNullable<StoredKey["temporary"]>["sessionPolicy"] {
  if (name === SESSION_POLICY) return key.temporary?.sessionPolicy;
  const id = /^\(session policy of (.+)\)$/.exec(name)?.[1];
  return id === undefined ? undefined : source.key(id)?.temporary?.sessionPolicy;
}
