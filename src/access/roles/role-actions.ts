import { randomInt } from "node:crypto";
import { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { LIMIT_TABLE } from "../../share-table.ts";
import type { StoredRole } from "../../store/access-store.ts";
import { type Administration, type Author, notFound } from "../administration.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import { LONGEST_SESSION_S } from "../keys/keys.ts";
import { refuseWhenFull } from "../limits/refused-records.ts";
import type { Params } from "../params.ts";
import { impliedRoleId, roleArn } from "./role-book.ts";
import { ownAccountTrust, refuseBadTrust } from "./trust-policy.ts";

const SHORTEST_MAXIMUM_S = 900;
const DEFAULT_MAXIMUM_S = 3_600;
const LONGEST_DESCRIPTION = 1_024;

/** What a caller may say of a role. */
interface RoleFacts {
  readonly description: string | undefined;
  readonly trust: JsonObject | undefined;
  readonly maxSessionSeconds: number | undefined;
}

/** Makes a role. One that is only the target of attachments becomes a stored one by it, and keeps its policies. */
export async function createRole(api: Administration, params: Params, author: Author) {
  const asked = params.optionalName("account");
  const name = params.name("role");
  const facts = factsIn(params);
  params.end();
  return api.change("CreateRole", author, () => {
    const { ring, clock } = api.options;
    const account = api.accountOf(asked, author);
    if (ring.role(account, name) !== undefined) {
      const message = `the role ${name} exists already; change it with UpdateRole`;
      throw new DomainError("ResourceExists", message, { kind: "role", id: name });
    }
    refuseTooMany(ring, account);
    if (facts.trust !== undefined) refuseBadTrust(facts.trust, account);
    const role: StoredRole = {
      account,
      name,
      id: newRoleId(),
      description: facts.description ?? "",
      trust: facts.trust ?? ownAccountTrust(account),
      maxSessionSeconds: facts.maxSessionSeconds ?? DEFAULT_MAXIMUM_S,
      createdAt: clock.now(),
    };
    return planOf(api, role);
  });
}

export async function updateRole(api: Administration, params: Params, author: Author) {
  const asked = params.optionalName("account");
  const name = params.name("role");
  const facts = factsIn(params);
  params.end();
  return api.change("UpdateRole", author, () => {
    const account = api.accountOf(asked, author);
    const role = storedRole(api, account, name);
    if (facts.trust !== undefined) refuseBadTrust(facts.trust, account);
    return planOf(api, {
      ...role,
      description: facts.description ?? role.description,
      trust: facts.trust ?? role.trust,
      maxSessionSeconds: facts.maxSessionSeconds ?? role.maxSessionSeconds,
    });
  });
}

/** Its temporary keys end with it. A role that has policies stays: without it they would be those of whoever comes next. */
export async function deleteRole(api: Administration, params: Params, author: Author) {
  const asked = params.optionalName("account");
  const name = params.name("role");
  params.end();
  return api.change("DeleteRole", author, () => {
    const { ring } = api.options;
    const account = api.accountOf(asked, author);
    storedRole(api, account, name);
    const attached = ring.attachedTo(account, "role", name);
    if (attached.length > 0) {
      const names = attached.map((policy) => policy.name).join(", ");
      const message = `the role ${name} has the policies ${names}; detach them first`;
      throw new DomainError("ResourceBusy", message, { kind: "role", id: name });
    }
    const ended = sessionsOf(ring, account, name).map(
      (id) => ({ type: "remove-key", id }) as const,
    );
    return {
      account,
      resource: `access/${name}`,
      changes: [...ended, { type: "remove-role", account, name } as const],
      told: { role: name, account, status: "deleted", sessionsEnded: ended.length },
    };
  });
}

/** Those that were made, and those that exist only because policies are attached to them. */
export async function listRoles(api: Administration, params: Params, author: Author) {
  const account = api.accountOf(params.optionalName("account"), author);
  params.end();
  const { ring } = api.options;
  const stored = ring.roles(account);
  const targets = ring.attachments.filter((one) => one.account === account && one.kind === "role");
  const implied = [...new Set(targets.map(({ target }) => target))].filter(
    (name) => ring.role(account, name) === undefined,
  );
  return {
    roles: [
      ...stored.map((role) => told(ring, role)),
      ...implied.map((name) => ({
        ...told(ring, impliedRole(account, name)),
        implied: true,
      })),
    ],
  };
}

/** Ends all temporary keys of a role, or all that come from a key, at once. */
export async function revokeSessions(api: Administration, params: Params, author: Author) {
  const role = params.optionalName("role");
  const accessKeyId = params.optionalText("accessKeyId");
  if ((role === undefined) === (accessKeyId === undefined)) {
    const message = "say whose sessions end: give either accessKeyId or role";
    throw new DomainError("MissingParameter", message, { parameter: "accessKeyId" });
  }
  const asked = accessKeyId === undefined ? params.optionalName("account") : undefined;
  params.end();
  return api.change("RevokeSessions", author, () => {
    const { ring } = api.options;
    const account =
      accessKeyId === undefined
        ? api.accountOf(asked, author)
        : api.keyOf(accessKeyId, author).account;
    const ids =
      accessKeyId === undefined
        ? sessionsOf(ring, account, role ?? "")
        : ring.descendants(accessKeyId);
    const whose: JsonObject = accessKeyId === undefined ? { role: role ?? "" } : { accessKeyId };
    return {
      account,
      resource: `access/${accessKeyId ?? role}`,
      changes: ids.map((id) => ({ type: "remove-key", id }) as const),
      told: { ...whose, account, sessionsEnded: ids.length },
    };
  });
}

/** The temporary keys of a role, and all that were made with them. */
function sessionsOf(ring: KeyRing, account: string, name: string): readonly string[] {
  const own = ring.temporaryKeys(account).filter(({ temporary }) => temporary?.role === name);
  return [...new Set(own.flatMap(({ id }) => [id, ...ring.descendants(id)]))];
}

function storedRole({ options }: Administration, account: string, name: string): StoredRole {
  const role = options.ring.role(account, name);
  if (role === undefined) throw notFound("role", name);
  return role;
}

function impliedRole(account: string, name: string): StoredRole {
  return {
    account,
    name,
    id: impliedRoleId(account, name),
    description: "",
    trust: ownAccountTrust(account),
    maxSessionSeconds: LONGEST_SESSION_S,
    createdAt: 0,
  };
}

function planOf({ options: { ring } }: Administration, role: StoredRole) {
  return {
    account: role.account,
    resource: `access/${role.name}`,
    changes: [{ type: "put-role", role } as const],
    told: told(ring, role),
  };
}

function told(ring: KeyRing, role: StoredRole): JsonObject {
  const { account, name, id, description, trust, maxSessionSeconds, createdAt } = role;
  return {
    role: name,
    account,
    arn: roleArn(account, name),
    roleId: id,
    description,
    maxSessionDuration: maxSessionSeconds,
    assumeRolePolicyDocument: trust,
    policies: ring.attachedTo(account, "role", name).map((policy) => policy.name),
    createdAt,
  };
}

function factsIn(params: Params): RoleFacts {
  const description = params.optionalText("description");
  if (description !== undefined && description.length > LONGEST_DESCRIPTION) {
    throw new DomainError(
      "InvalidParameter",
      `description is ${description.length} characters long; give at most ${LONGEST_DESCRIPTION}`,
      { parameter: "description" },
    );
  }
  return {
    description,
    trust: params.optionalObject("assumeRolePolicyDocument"),
    maxSessionSeconds: params.optionalWhole(
      "maxSessionDuration",
      SHORTEST_MAXIMUM_S,
      LONGEST_SESSION_S,
    ),
  };
}

function refuseTooMany(ring: KeyRing, account: string): void {
  const facts = { limit: LIMIT_TABLE.roles.most, found: ring.roleCount(account) };
  const message = `the account ${account} has ${facts.found} roles, which is as many as there may be; delete some first`;
  refuseWhenFull(ring, account, "roles", facts, message);
}

/** 18 digits, as the vendor's. */
function newRoleId(): string {
  return `3${String(randomInt(10 ** 12)).padStart(12, "0")}${String(randomInt(10 ** 5)).padStart(5, "0")}`;
}
