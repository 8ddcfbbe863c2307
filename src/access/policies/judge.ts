import type { Asked } from "../../auth/policy/asked.ts";
import { evaluate, type NamedPolicy, type PolicyDecision } from "../../auth/policy/policy.ts";
import type { PolicyContext } from "../../auth/policy/policy-conditions.ts";
import type { Denial } from "../call.ts";
import type { KeyEntry } from "../keys/key-ring.ts";

/** Where a call came from, as far as conditions ask. */
export interface Origin {
  readonly source: string;
  readonly secure: boolean;
}

/** The condition keys that every call has. */
export const CONDITION_KEYS = [
  "acs:SourceIp",
  "acs:CurrentTime",
  "acs:SecureTransport",
  "acs:PrincipalArn",
] as const;

/** Whether nothing limits the key in its own account. */
export function isUnrestricted({ rights }: KeyEntry): boolean {
  return rights === "full";
}

/**
 * Every set of policies must allow the call. The first that does not gives the decision, but a statement that denies comes
 * before a set in which none allows.
 */
export function decisionOf(
  restrictions: readonly (readonly NamedPolicy[])[],
  action: string,
  resource: string,
  context: PolicyContext,
): PolicyDecision {
  let allowed: PolicyDecision = { allowed: true, decidedBy: "no statement matches" };
  let implicit: PolicyDecision | undefined;
  for (const policies of restrictions) {
    const decision = evaluate(policies, { action, resource, context });
    if (decision.allowed) allowed = decision;
    else if (isImplicit(decision)) implicit ??= decision;
    else return decision;
  }
  return implicit ?? allowed;
}

/**
 * Why the key may not do all of this, in the words of a product; undefined: it may.
 * @param unlessDenied it may also do what no statement allows, as long as none denies it.
 */
export function denialOf(
  entry: KeyEntry,
  asked: readonly Asked[],
  context: PolicyContext,
  refusal: string,
  unlessDenied = false,
): Denial | undefined {
  const { rights } = entry;
  if (rights === "full") return undefined;
  for (const { action, resource } of asked) {
    const decision = decisionOf(rights.every, action, resource, context);
    if (decision.allowed || (unlessDenied && isImplicit(decision))) continue;
    return denial(entry, { action, resource }, decision, refusal);
  }
  return undefined;
}

export function contextOf({ source, secure }: Origin, { principalArn }: KeyEntry, now: number) {
  return {
    "acs:SourceIp": source,
    "acs:CurrentTime": new Date(now).toISOString(),
    "acs:SecureTransport": secure,
    "acs:PrincipalArn": principalArn,
  } satisfies Record<(typeof CONDITION_KEYS)[number], PolicyContext[string]>;
}

function isImplicit({ decidedBy }: PolicyDecision): boolean {
  return typeof decidedBy === "string";
}

const MESSAGE =
  "User not authorized to operate on the specified resource, or this API doesn't support RAM.";

function denial(
  { key }: KeyEntry,
  { action, resource }: Asked,
  { decidedBy }: PolicyDecision,
  refusal: string,
): Denial {
  const explicit = typeof decidedBy === "object";
  const session = key.temporary?.role !== undefined;
  return {
    status: 403,
    code: refusal,
    message: MESSAGE,
    reason: explicit ? "denied-by-policy" : "not-allowed-by-policy",
    detail: {
      AuthAction: action,
      AuthResource: resource,
      AuthPrincipalType: session ? "AssumedRoleUser" : "SubUser",
      AuthPrincipalOwnerId: key.account,
      AuthPrincipalDisplayName: key.principal.slice(key.principal.indexOf("/") + 1),
      NoPermissionType: explicit ? "ExplicitDeny" : "ImplicitDeny",
      PolicyType: session ? "AssumeRolePolicy" : "AccountLevelIdentityBasedPolicy",
      ...(explicit && { DecidedBy: `${decidedBy.policy}, statement ${decidedBy.statementIndex}` }),
    },
  };
}

/** A call that names so many things that each of them cannot be looked at. */
export function tooManyNamed(refusal: string): Denial {
  return { status: 403, code: refusal, message: MESSAGE, reason: "too-many-things-named" };
}
