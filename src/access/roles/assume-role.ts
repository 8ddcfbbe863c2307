import { decisionOf } from "../../auth/policy/decision.ts";
import type { PolicyContext } from "../../auth/policy/policy-conditions.ts";
import { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { isName } from "../../core/values/names.ts";
import type { StoredRole } from "../../store/access-store.ts";
import { type Administration, type Author, notFound } from "../administration.ts";
import type { KeyEntry } from "../keys/key-ring.ts";
import { LONGEST_SESSION_S } from "../keys/keys.ts";
import type { Params } from "../params.ts";
import {
  LONGEST_SESSION_POLICY,
  refuseBadPolicy,
  refuseUseless,
} from "../policies/document-checks.ts";
import { contextOf } from "../policies/judge.ts";
import { impliedRoleId, roleArn } from "./role-book.ts";
import { trusts } from "./trust-policy.ts";

/** What a caller needs the right to, on the ARN of the role. */
export const ASSUME_ROLE = "sts:AssumeRole";

/**
 * Makes a temporary key, with a role or without. A role is assumed by who is named in its trust policy and has the right
 * to `sts:AssumeRole` on its ARN; the operator may assume every role. A role that nobody made trusts its own account.
 */
export async function assumeRole(api: Administration, params: Params, author: Author) {
  const asked = params.optionalName("account");
  const role = params.optionalText("role", "a role's name or ARN");
  const sessionName = params.optionalName("sessionName");
  const durationSeconds = params.optionalWhole("durationSeconds", 1, LONGEST_SESSION_S);
  const policy = params.optionalObject("policy");
  params.end();
  if (policy !== undefined) refuseBadPolicy(policy, LONGEST_SESSION_POLICY);
  return api.change("AssumeRole", author, () => {
    const { ring, maker } = api.options;
    const account = api.accountOf(asked, author);
    refuseUseless(policy, api.options.operationsOf(account));
    const parent = author.accessKeyId === "" ? undefined : ring.entry(author.accessKeyId);
    const name = role === undefined ? undefined : roleName(role, account);
    const stored = name === undefined ? undefined : ring.role(account, name);
    if (name !== undefined && parent !== undefined) {
      const origin = { source: author.source, secure: author.secure === true };
      refuseStranger(name, stored, parent, contextOf(origin, parent, api.options.clock.now()));
    }
    refuseTooLong(stored, durationSeconds);
    const request = {
      account,
      role: name,
      roleId: stored?.id,
      sessionName,
      durationSeconds,
      policy,
    };
    const { changes, told } = maker.session({ ...request, parent });
    const roleId = name === undefined ? undefined : (stored?.id ?? impliedRoleId(account, name));
    return {
      account,
      resource: `access/${name ?? told["accessKeyId"]}`,
      changes,
      told: {
        ...told,
        ...(name !== undefined && {
          role: name,
          assumedRoleId: `${roleId}:${sessionName ?? told["accessKeyId"]}`,
        }),
      },
    };
  });
}

/** The name of a role of the account, given as such or as an ARN. @throws DomainError for a role of another account. */
function roleName(role: string, account: string): string {
  const [, owner, name] = /^acs:ram::([^:/]*):role\/([^/]+)$/.exec(role) ?? [];
  if (name !== undefined && owner !== account) throw notFound("role", role);
  const found = name ?? role;
  if (isName(found)) return found;
  throw new DomainError(
    "InvalidParameter",
    `role is ${JSON.stringify(role.slice(0, 60))}; give a role's name, or its ARN such as ${roleArn(account, "ops")}`,
    { parameter: "role" },
  );
}

function refuseStranger(
  name: string,
  stored: StoredRole | undefined,
  { key: { account }, principalArn, rights }: KeyEntry,
  context: PolicyContext,
): void {
  const arn = roleArn(account, name);
  const facts: JsonObject = { action: ASSUME_ROLE, resource: arn, principal: principalArn };
  if (stored && !trusts(stored.trust, { account, arn: principalArn }, context)) {
    throw new DomainError(
      "AccountMismatch",
      `role: the trust policy of the role ${name} does not let ${principalArn} assume it; name this principal in its AssumeRolePolicyDocument`,
      facts,
    );
  }
  if (decisionOf(rights, { action: ASSUME_ROLE, resource: arn }, context).allowed) return;
  throw new DomainError(
    "AccountMismatch",
    `role: the policies of ${principalArn} do not allow ${ASSUME_ROLE} on ${arn}; attach one that does`,
    facts,
  );
}

function refuseTooLong(stored: StoredRole | undefined, durationSeconds: number | undefined): void {
  const longest = stored?.maxSessionSeconds ?? LONGEST_SESSION_S;
  if (durationSeconds === undefined || durationSeconds <= longest) return;
  throw new DomainError(
    "InvalidParameter",
    `durationSeconds is ${durationSeconds}; give at most ${longest}, which is the maxSessionDuration of the role ${stored?.name}`,
    { parameter: "durationSeconds" },
  );
}
