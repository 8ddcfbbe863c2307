import type { NamedPolicy } from "../../auth/policy/policy.ts";
import type { Attachment, StoredKey } from "../../store/access-store.ts";
import { named } from "../policies/policy-book.ts";

/** What a key may do: everything in its account, or what every one of these sets of policies allows. */
export type Rights = "full" | { readonly every: readonly (readonly NamedPolicy[])[] };

/** What follows from a key and everything that it comes from. */
export interface Standing {
  readonly enabled: boolean;
  /** When the first of the chain ends, in ms since the epoch; Infinity: never. */
  readonly endsAt: number;
  readonly rights: Rights;
}

/** Where the keys and policies of a chain are looked up. */
export interface ChainSource {
  key(id: string): StoredKey | undefined;
  attachedTo(account: string, kind: Attachment["kind"], target: string): readonly NamedPolicy[];
}

/** The name of the policy that came with a temporary key. */
const SESSION_POLICY = "(session policy)";

/** One set of policies, and an empty one: nothing is allowed. */
export const NO_RIGHTS: Rights = { every: [[]] };

/** A chain that is not whole: its start cannot be found, so nobody can say what it may do. */
const BROKEN: Standing = { enabled: false, endsAt: -Infinity, rights: NO_RIGHTS };

/**
 * The standing of a key: the meet of its whole chain. A temporary key comes from the key that it was made with, and so on up
 * to a permanent key or the operator. Each of them, with its role and its policies, can only take away. A chain with a
 * gap, a circle or a key of another account allows nothing.
 */
export function standingOf(key: StoredKey, source: ChainSource): Standing {
  const seen = new Set<string>();
  const every: (readonly NamedPolicy[])[] = [];
  let enabled = true;
  let endsAt = Number.POSITIVE_INFINITY;
  let link: StoredKey | undefined = key;
  for (;;) {
    if (link === undefined || seen.has(link.id) || link.account !== key.account) return BROKEN;
    seen.add(link.id);
    enabled &&= link.enabled;
    endsAt = Math.min(endsAt, link.temporary?.expiresAt ?? endsAt);
    every.unshift(...restrictionsOf(link, link === key, source));
    const parent: string | undefined = link.temporary?.parent;
    if (parent === undefined) break;
    link = source.key(parent);
  }
  return { enabled, endsAt, rights: every.length === 0 ? "full" : { every } };
}

/** What this one key adds to the rights of the one before it. */
function restrictionsOf(
  { id, account, temporary }: StoredKey,
  isLast: boolean,
  source: ChainSource,
): readonly (readonly NamedPolicy[])[] {
  if (temporary === undefined) {
    const own = source.attachedTo(account, "key", id);
    return own.length === 0 ? [] : [own];
  }
  const { role, sessionPolicy } = temporary;
  const added: (readonly NamedPolicy[])[] = [];
  // A role without policies allows nothing, which is what an empty set says.
  if (role !== undefined) added.push(source.attachedTo(account, "role", role));
  if (sessionPolicy !== undefined) {
    added.push([named(isLast ? SESSION_POLICY : sessionPolicyOf(id), sessionPolicy)]);
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
