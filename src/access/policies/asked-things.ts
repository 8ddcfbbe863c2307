import type { MemberNames } from "../../auth/policy/policy-names.ts";
import type { ResourceReader } from "../../core/resource.ts";

/* What a call acts on: the things that it names itself, and those in which the things that it names lie. */

/** All texts under some names, from a call or from another value. */
export type Named = (names: ReadonlySet<string>) => ReadonlySet<string>;

/** Things that one call may name. No real call names more, and each costs a look-up. */
export const MOST_NAMED = 1_000;

/** No id is longer. A longer one names nothing that there is. */
const LONGEST_ID = 256;

const NOTHING: ReadonlySet<string> = new Set();

/** What a call names inside the things that policies are about, by kind; undefined: nothing. */
export interface MembersNamed {
  readonly member: MemberNames;
  readonly ids: ReadonlySet<string>;
}

export function membersNamed(
  members: readonly MemberNames[],
  named: Named,
): readonly MembersNamed[] {
  return members
    .map((member) => ({ member, ids: named(new Set(member.names)) }))
    .filter(({ ids }) => ids.size > 0);
}

/** The ids that stand under these names; `*` if there are none. An id that is too long counts as one of nothing. */
export function idsNamed(names: readonly string[], named: Named): ReadonlySet<string> {
  const found = names.length === 0 ? NOTHING : named(new Set(names));
  return new Set([...found].map((id) => (id.length > LONGEST_ID ? "*" : id)));
}

/**
 * The things in which the named members lie. A member that does not exist is asked for as `*`, so that only those who may use
 * everything learn that. One that lies in nothing yet, such as a free node, asks for nothing more than the rest of the call.
 */
export async function thingsOf(
  members: readonly MembersNamed[],
  resources: ResourceReader,
): Promise<ReadonlySet<string>> {
  const things = new Set<string>();
  for (const { member, ids } of members) {
    for (const id of ids) {
      const thing = await thingOf(member, id, resources);
      if (thing !== undefined) things.add(thing);
    }
  }
  return things;
}

async function thingOf(
  { kind, field }: MemberNames,
  id: string,
  resources: ResourceReader,
): Promise<string | undefined> {
  const found = id.length > LONGEST_ID ? undefined : await resources.get(kind, id);
  if (found === undefined) return "*";
  const inside = field === undefined ? found.parent : found.data[field];
  return typeof inside === "string" && inside !== "" ? inside : undefined;
}

export function countOf(members: readonly MembersNamed[], ids: ReadonlySet<string>): number {
  return members.reduce((sum, { ids: more }) => sum + more.size, ids.size);
}
