import { DomainError } from "../../core/errors.ts";
import { Pace } from "../../pace.ts";
import type { StoredKey } from "../../store/access-store.ts";
import type { Administration, Author } from "../administration.ts";
import { OPERATOR } from "../keys/authenticator.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import type { Params } from "../params.ts";
import type { SecretKeeper } from "../secrets/secret-keeper.ts";
import type { KeyFacts, PostureFacts, RoleFacts, SecretKeyFacts, ServerFacts } from "./facts.ts";
import { postureOf } from "./posture.ts";

/** The posture of the whole server, of all accounts. Only for the operator. */
export async function describeSecurity(api: Administration, params: Params, author: Author) {
  params.end();
  if (author.actor !== OPERATOR) {
    throw new DomainError(
      "AccountMismatch",
      "only the command line on the server can see its posture, because it is about all accounts",
    );
  }
  const { ring, clock, secrets, serverFacts } = api.options;
  const server = serverFacts();
  await useAll(ring);
  const findings = postureOf({
    ...accessFacts(ring, server, clock.now()),
    secretKey: await secretKeyFacts(secrets),
  });
  return {
    running: server.running,
    attention: findings.filter(({ state }) => state !== "ok").length,
    findings: findings.map((finding) => ({ ...finding })),
  };
}

/** Decrypts the secrets that nobody has used yet, so that the damaged ones are found. */
async function useAll(ring: KeyRing): Promise<void> {
  const pace = new Pace("");
  for (const { id } of ring.keys) {
    ring.entry(id);
    await pace.rest();
  }
}

async function secretKeyFacts(secrets: SecretKeeper): Promise<SecretKeyFacts> {
  const { secretKeyId: id, opened, source } = secrets;
  const counts = await secrets.outdated();
  const outdated = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return { id, source: source.name, since: opened.since, outdated };
}

function accessFacts(
  ring: KeyRing,
  server: ServerFacts,
  now: number,
): Omit<PostureFacts, "secretKey"> {
  return {
    now,
    server,
    accounts: ring.accounts.length,
    keys: ring.keys.map((key) => keyFacts(ring, key)),
    roles: roleFacts(ring),
    policies: ring.policies.map(({ name, account, document }) => ({ name, account, document })),
    unusable: ring.unsound.map(({ kind, id }) => `${kind} ${id}`),
  };
}

function keyFacts(ring: KeyRing, key: StoredKey): KeyFacts {
  const { id, account, enabled, createdAt, temporary, networks } = key;
  const expiresAt = temporary?.expiresAt ?? key.expiresAt;
  return {
    id,
    account,
    enabled,
    createdAt,
    temporary: temporary !== undefined,
    limited: ring.attachedTo(account, "key", id).length > 0,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(temporary === undefined && { lastUsedAt: ring.uses.last(id)?.at ?? null }),
    ...(networks !== undefined && { networks }),
  };
}

/** A role that nobody made, which only has policies, trusts its own account. */
function roleFacts(ring: KeyRing): readonly RoleFacts[] {
  return ring.accounts.flatMap(({ id }) => ring.roles(id));
}
