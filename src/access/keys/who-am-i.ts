import type { JsonObject } from "../../core/json.ts";
import type { Administration, Author } from "../administration.ts";
import type { Params } from "../params.ts";
import { impliedRoleId } from "../roles/role-book.ts";
import type { KeyRing } from "./key-ring.ts";

/** Who the caller is, until when, and what holds it, in short. Every key may ask. */
export async function getCallerIdentity(api: Administration, params: Params, author: Author) {
  params.end();
  const { account, actor, accessKeyId } = author;
  const entry = accessKeyId === "" ? undefined : api.options.ring.entry(accessKeyId);
  if (entry === undefined) {
    return { account, identityType: "Operator", principal: actor, rights: "full" };
  }
  const { key, principalArn, rights, endsAt } = entry;
  return {
    account,
    ...identityOf(api, account, accessKeyId, principalArn),
    principalArn,
    actor,
    accessKeyId,
    temporary: key.temporary !== undefined,
    ...(Number.isFinite(endsAt) && { expiration: new Date(endsAt).toISOString() }),
    ...(key.networks && { networks: key.networks }),
    rights:
      rights === "full"
        ? rights
        : rights.every.map(({ policies }) => policies.map(({ name }) => name)),
  } satisfies JsonObject;
}

/** As the vendor's GetCallerIdentity tells a user from a role. */
function identityOf(
  { options: { ring } }: Administration,
  account: string,
  accessKeyId: string,
  principalArn: string,
): JsonObject {
  const [, kind, name = ""] = /:(user|role)\/(.+)$/.exec(principalArn) ?? [];
  if (kind !== "role") return { identityType: "RAMUser", principal: principalArn, userName: name };
  const principal = sessionPrincipal(ring, accessKeyId);
  const sessionName = principal.slice(principal.lastIndexOf("/") + 1);
  const roleId = ring.role(account, name)?.id ?? impliedRoleId(account, name);
  return {
    identityType: "AssumedRoleUser",
    principal,
    role: name,
    roleId,
    sessionName,
    principalId: `${roleId}:${sessionName}`,
  };
}

/** The principal of the last key of the chain that has a role: `acs:ram::{account}:assumed-role/{role}/{session}`. */
function sessionPrincipal(ring: KeyRing, accessKeyId: string): string {
  let key = ring.key(accessKeyId);
  // The chain is whole and has no circle: the key was let in.
  while (key?.temporary !== undefined && key.temporary.role === undefined) {
    key = ring.key(key.temporary.parent ?? "");
  }
  return key?.principal ?? "";
}
