import type { Asked } from "./asked.ts";
import { evaluate, type NamedPolicy, type PolicyDecision } from "./policy.ts";
import type { PolicyContext } from "./policy-conditions.ts";

/*
 * The decision: whether a credential may use an action on a resource. It is a function of values alone: the rights, what is
 * asked, and the facts of the request, the time among them. `npm run mutate` measures how well the tests hold it.
 */

/** Whose policies a set is: those attached to a key or a role, or the one that came with a temporary key. */
export interface Link {
  readonly kind: "key" | "role" | "session";
  /** The key's id or the role's name; of a session the id of its temporary key. */
  readonly name: string;
}

/** One set of policies that must allow what is asked. An empty set allows nothing. */
export interface Restriction {
  readonly link: Link;
  readonly policies: readonly NamedPolicy[];
}

/** What a credential may do: everything in its account, or what every one of these sets allows; without a set, nothing. */
export type Rights = "full" | { readonly every: readonly Restriction[] };

export interface RightDecision {
  readonly allowed: boolean;
  readonly decidedBy: PolicyDecision["decidedBy"] | "nothing limits it";
  /** Whose policies decided; undefined: there are none. */
  readonly link: Link | undefined;
}

/** A decision, and what it is about. */
export type Refused = Asked & RightDecision;

const UNLIMITED: RightDecision = { allowed: true, decidedBy: "nothing limits it", link: undefined };
const NO_SET: RightDecision = {
  allowed: false,
  decidedBy: "no statement matches",
  link: undefined,
};

/**
 * Every set of policies must allow what is asked. The first that does not gives the decision, but a statement that denies
 * comes before a set in which none allows. If all allow, the last of them gives the decision.
 */
export function decisionOf(rights: Rights, asked: Asked, context: PolicyContext): RightDecision {
  if (rights === "full") return UNLIMITED;
  let found = NO_SET;
  for (const { link, policies } of rights.every) {
    const { allowed, decidedBy } = evaluate(policies, { ...asked, context });
    if (typeof decidedBy === "object" && !allowed) return { allowed, decidedBy, link };
    if (found === NO_SET || found.allowed) found = { allowed, decidedBy, link };
  }
  return found;
}

/** What each set says by itself, in the order of the chain. */
export function decisionsOfEach(
  rights: Rights,
  asked: Asked,
  context: PolicyContext,
): readonly RightDecision[] {
  if (rights === "full") return [];
  return rights.every.map((one) => decisionOf({ every: [one] }, asked, context));
}

/**
 * The first of several rights that is refused; undefined: all are given.
 * @param unlessDenied what no statement is about is given, too.
 */
export function firstRefused(
  rights: Rights,
  asked: readonly Asked[],
  context: PolicyContext,
  unlessDenied: boolean,
): Refused | undefined {
  for (const one of asked) {
    const decision = decisionOf(rights, one, context);
    const excused = unlessDenied && decision.decidedBy === "no statement matches";
    if (!decision.allowed && !excused) return { ...one, ...decision };
  }
  return undefined;
}
