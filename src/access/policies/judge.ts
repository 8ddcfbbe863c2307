import type { Asked } from "../../auth/policy/asked.ts";
import { firstRefused, type Refused } from "../../auth/policy/decision.ts";
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
  const refused = firstRefused(entry.rights, asked, context, unlessDenied);
  return refused && denial(entry, refused, refusal);
}

export function contextOf({ source, secure }: Origin, { principalArn }: KeyEntry, now: number) {
  return {
    "acs:SourceIp": source,
    "acs:CurrentTime": new Date(now).toISOString(),
    "acs:SecureTransport": secure,
    "acs:PrincipalArn": principalArn,
  } satisfies Record<(typeof CONDITION_KEYS)[number], PolicyContext[string]>;
}

const MESSAGE =
  "User not authorized to operate on the specified resource, or this API doesn't support RAM.";

function denial(
  { key }: KeyEntry,
  { action, resource, decidedBy }: Refused,
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

/** Work of a key that nobody knows any more. */
export function unknownCaller(refusal: string): Denial {
  return { status: 403, code: refusal, message: MESSAGE, reason: "unknown-key" };
}

/** A call that names so many things that each of them cannot be looked at. */
export function tooManyNamed(refusal: string): Denial {
  return { status: 403, code: refusal, message: MESSAGE, reason: "too-many-things-named" };
}
