import type { Json, JsonObject } from "../../core/json.ts";
import type { KeyFacts, PolicyFacts, PostureFacts, RoleFacts } from "./facts.ts";
import { counted, type Finding, look, ok, some } from "./finding.ts";

/* Checks of keys, sessions, roles and policies. */

const DAY_MS = 86_400_000;
const OLD_DAYS = 90;

type Check = (facts: PostureFacts) => Finding;

export const KEY_CHECKS: readonly Check[] = [
  ({ keys, accounts }) => existing(lasting(keys), accounts),
  ({ keys, now }) => old(lasting(keys), now),
  ({ keys, now }) => unused(lasting(keys), now),
  ({ keys }) => endless(lasting(keys)),
  ({ keys }) => unlimited(lasting(keys)),
  ({ keys }) => disabled(lasting(keys)),
  ({ keys }) => fromAnywhere(lasting(keys)),
  ({ keys, now }) => sessions(keys, now),
  ({ roles }) => trust(roles),
  ({ policies }) => wide(policies),
  ({ unusable }) => records(unusable),
];

const lasting = (keys: readonly KeyFacts[]) => keys.filter(({ temporary }) => !temporary);
const ids = (keys: readonly KeyFacts[]) => keys.map(({ id }) => id);
const enabled = (keys: readonly KeyFacts[]) => keys.filter((key) => key.enabled);

function existing(keys: readonly KeyFacts[], accounts: number): Finding {
  return ok("keys", `${counted(keys.length, "key")} of ${counted(accounts, "account")}`);
}

/** What was damaged is left out at the start, and whatever depends on it is refused. */
function records(unusable: readonly string[]): Finding {
  const check = "stored records";
  if (unusable.length === 0) return ok(check, "all can be used");
  return look(
    check,
    `cannot be used: ${some(unusable)}`,
    "restore them from a backup, or delete them",
  );
}

/** Keys of the configuration file have no date. */
function old(keys: readonly KeyFacts[], now: number): Finding {
  const before = now - OLD_DAYS * DAY_MS;
  const found = enabled(keys).filter(({ createdAt }) => createdAt > 0 && createdAt < before);
  const check = "old keys";
  if (found.length === 0) return ok(check, `none older than ${OLD_DAYS} days`);
  const todo = "make new ones, move the clients, delete the old ones";
  return look(check, `older than ${OLD_DAYS} days: ${some(ids(found))}`, todo);
}

/** A key that was made a moment ago has had no time to be used. */
function unused(keys: readonly KeyFacts[], now: number): Finding {
  const check = "unused keys";
  const known = enabled(keys).filter(({ lastUsedAt }) => lastUsedAt !== undefined);
  const before = now - OLD_DAYS * DAY_MS;
  const found = known.filter(
    ({ lastUsedAt, createdAt }) =>
      (lastUsedAt === null && createdAt < now - DAY_MS) ||
      (typeof lastUsedAt === "number" && lastUsedAt < before),
  );
  if (found.length === 0)
    return ok(check, known.length === 0 ? "nothing is known of their use" : "none");
  return look(check, `never, or not for ${OLD_DAYS} days: ${some(ids(found))}`, "delete them");
}

function endless(keys: readonly KeyFacts[]): Finding {
  const check = "keys without an end";
  const found = enabled(keys).filter(({ expiresAt }) => expiresAt === undefined);
  if (found.length === 0) return ok(check, "none");
  return look(check, some(ids(found)), "give keys an end, or rotate them");
}

function unlimited(keys: readonly KeyFacts[]): Finding {
  const check = "keys without a policy";
  const found = enabled(keys).filter(({ limited }) => !limited);
  if (found.length === 0) return ok(check, "none");
  const todo = "attach a policy to each that is not an administrator's";
  return look(check, `full access to their account: ${some(ids(found))}`, todo);
}

function disabled(keys: readonly KeyFacts[]): Finding {
  const found = keys.filter((key) => !key.enabled);
  if (found.length === 0) return ok("disabled keys", "none");
  return look("disabled keys", some(ids(found)), "delete what will not be enabled again");
}

function fromAnywhere(keys: readonly KeyFacts[]): Finding {
  const bound = enabled(keys).filter(({ networks }) => networks !== undefined);
  const total = enabled(keys).length;
  return ok("source networks of keys", `${bound.length} of ${total} keys are bound to networks`);
}

function sessions(keys: readonly KeyFacts[], now: number): Finding {
  const alive = keys.filter(({ temporary, expiresAt = 0 }) => temporary && expiresAt > now);
  return ok("sessions", counted(alive.length, "temporary key"));
}

function trust(roles: readonly RoleFacts[]): Finding {
  const check = "roles";
  const found = roles.filter((role) => role.trust !== undefined && trustsAnybody(role.trust));
  if (found.length === 0)
    return ok(check, `${counted(roles.length, "role")}, none trusts everybody`);
  const names = found.map(({ account, name }) => `${account}/${name}`);
  return look(check, `trust everybody: ${some(names)}`, "name who may assume them");
}

/** Whether a trust policy allows everybody, or a whole account, to assume the role. */
export function trustsAnybody(trust: JsonObject): boolean {
  return allowing(trust).some(({ Principal, Condition }) => {
    if (Condition !== undefined) return false;
    if (typeof Principal === "string") return isEverybody(Principal);
    return listOf(isObject(Principal) ? Principal["RAM"] : undefined).some(isEverybody);
  });
}

function isEverybody(principal: Json): boolean {
  return (
    typeof principal === "string" && /^(?:\*|acs:ram::(?:\*|[^:]+):(?:\*|root))$/.test(principal)
  );
}

function wide(policies: readonly PolicyFacts[]): Finding {
  const check = "policies";
  const found = policies.filter(({ document }) => allowsEverything(document));
  if (found.length === 0) {
    return ok(
      check,
      `${policies.length === 1 ? "1 policy" : `${policies.length} policies`}, none allows everything`,
    );
  }
  const names = found.map(({ account, name }) => `${account}/${name}`);
  return look(
    check,
    `allow every action on everything: ${some(names)}`,
    "name actions and resources",
  );
}

/** Whether one statement allows every action on every resource, without a condition. */
export function allowsEverything(document: JsonObject): boolean {
  return allowing(document).some(
    ({ Action, Resource, Condition }) =>
      Condition === undefined &&
      listOf(Action).some((action) => action === "*" || action === "*:*") &&
      listOf(Resource).some((resource) => resource === "*" || resource === "acs:*:*:*:*"),
  );
}

function allowing({ Statement }: JsonObject): readonly JsonObject[] {
  return listOf(Statement)
    .filter(isObject)
    .filter(({ Effect }) => Effect === "Allow");
}

function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
