import type { Clock } from "../../clock.ts";
import { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { LIMIT_TABLE } from "../../share-table.ts";
import type { AccessChange, Account, StoredKey } from "../../store/access-store.ts";
import { type Found, refuseWhenFull } from "../limits/refused-records.ts";
import type { SecretBox } from "../secrets/secret-box.ts";
import type { KeyBounds } from "./key-bounds.ts";
import { type KeyEntry, type KeyRing, principalOf, sealSecrets } from "./key-ring.ts";
import {
  newAccessKeyId,
  newAccountId,
  newKeySecret,
  newSecurityToken,
  newTemporaryKeyId,
} from "./new-keys.ts";
import { sessionLimit } from "./session-limit.ts";

const { keys: KEYS } = LIMIT_TABLE;
/** The most accounts, including those that were deleted. */
const ACCOUNT_LIMIT = 10_000;
/** How many keys a temporary key may come from, itself included. */
const CHAIN_LIMIT = 8;
export const LONGEST_SESSION_S = 12 * 3_600;
const DEFAULT_SESSION_S = 3_600;
/** An expired temporary key is known for this long, so that its refusal says that it expired. */
const EXPIRED_KEPT_MS = 24 * 3_600_000;

export interface KeyMakerOptions {
  readonly ring: KeyRing;
  readonly box: SecretBox;
  readonly clock: Clock;
}

/** What is to be written, and what is answered: the only answer that has the secret. */
export interface Made {
  readonly changes: readonly AccessChange[];
  readonly told: JsonObject;
}

export interface SessionRequest {
  readonly account: string;
  readonly role?: string | undefined;
  /** The id of the role, if it is stored. */
  readonly roleId?: string | undefined;
  readonly sessionName?: string | undefined;
  readonly durationSeconds?: number | undefined;
  readonly policy?: JsonObject | undefined;
  /** The key that asks for it; absent for the operator. */
  readonly parent?: KeyEntry | undefined;
}

/** Makes accounts and keys. Writes nothing: it says what to write. */
export class KeyMaker {
  readonly #options: KeyMakerOptions;

  constructor(options: KeyMakerOptions) {
    this.#options = options;
  }

  account(id: string | undefined, name: string | undefined): { account: Account; made: Made } {
    const { ring, clock } = this.#options;
    const given = id ?? this.#unusedAccountId();
    if (ring.isClosed(given)) {
      throw new DomainError(
        "ResourceExists",
        `account: ${given} was deleted or cannot be used, and the id of an account is not given again; give another`,
        { kind: "account", id: given },
      );
    }
    if (ring.account(given) !== undefined) {
      throw new DomainError("ResourceExists", `the account ${given} exists already`, {
        kind: "account",
        id: given,
      });
    }
    if (ring.accountCount >= ACCOUNT_LIMIT) {
      const facts = { limit: ACCOUNT_LIMIT, found: ring.accountCount };
      const message = fullMessage(
        facts,
        "accounts, deleted ones included",
        "use one that is there",
      );
      throw new DomainError("ResourceBusy", message, facts);
    }
    const account = { id: given, name: name ?? given, createdAt: clock.now() };
    const told = { account: account.id, name: account.name };
    return { account, made: { changes: [{ type: "put-account", account }], told } };
  }

  #unusedAccountId(): string {
    const { ring } = this.#options;
    let id = newAccountId();
    while (ring.account(id) !== undefined || ring.isClosed(id)) id = newAccountId();
    return id;
  }

  key(account: string, user: string | undefined, bounds?: Partial<KeyBounds>): Made {
    const { ring, box, clock } = this.#options;
    const facts = { limit: KEYS.most, found: ring.lastingCount(account) };
    const what = `access keys of the account ${account}`;
    const message = fullMessage(facts, what, "delete some first (key delete)");
    refuseWhenFull(ring, account, "keys", facts, message);
    const id = newAccessKeyId();
    const secret = newKeySecret();
    const key: StoredKey = {
      id,
      account,
      principal: principalOf(account, user ?? id),
      sealed: sealSecrets(box, id, { secret }),
      enabled: true,
      createdAt: clock.now(),
      ...boundsFrom(clock.now(), bounds),
    };
    const told = { accessKeyId: id, accessKeySecret: secret, account, principal: key.principal };
    const end =
      key.expiresAt === undefined ? {} : { expiration: new Date(key.expiresAt).toISOString() };
    const from = key.networks === undefined ? {} : { networks: key.networks };
    return { changes: [{ type: "put-key", key }], told: { ...told, ...end, ...from } };
  }

  session(request: SessionRequest): Made {
    const { box, clock } = this.#options;
    const { account, role, roleId, sessionName, parent, policy } = request;
    const now = clock.now();
    const expiresAt = sessionEnd(now, request);
    this.#refuseLongChain(parent?.key);
    const id = newTemporaryKeyId();
    const secret = newKeySecret();
    const token = newSecurityToken();
    const key: StoredKey = {
      id,
      account,
      principal: sessionPrincipal(id, request),
      sealed: sealSecrets(box, id, { secret, token }),
      enabled: true,
      createdAt: now,
      temporary: {
        expiresAt,
        ...(role !== undefined && { role }),
        ...(roleId !== undefined && { roleId }),
        ...(sessionName !== undefined && { sessionName }),
        ...(parent && { parent: parent.key.id }),
        ...(policy && { sessionPolicy: policy }),
      },
    };
    const told = {
      accessKeyId: id,
      accessKeySecret: secret,
      securityToken: token,
      expiration: new Date(expiresAt).toISOString(),
      account,
      principal: key.principal,
    };
    return { changes: [...this.#outlived(account, now), { type: "put-key", key }], told };
  }

  /** Temporary keys that ended long ago make room for new ones. */
  #outlived(account: string, now: number): readonly AccessChange[] {
    const { ring } = this.#options;
    const gone = ring.temporaryEndedBefore(account, now - EXPIRED_KEPT_MS);
    const facts = {
      limit: sessionLimit(ring),
      found: ring.temporaryCountOf(account) - gone.length,
    };
    const room =
      "end some with RevokeSessions (key revoke-sessions), or wait: one is forgotten a day after its end";
    const message = fullMessage(facts, `temporary keys of the account ${account}`, room);
    refuseWhenFull(ring, account, "sessions", facts, message);
    return gone.map((id) => ({ type: "remove-key", id }));
  }

  /** @throws DomainError for a chain of temporary keys that is too long: each request would have to be judged by all of it. */
  #refuseLongChain(parent: StoredKey | undefined): void {
    let length = 1;
    for (let link = parent; link !== undefined; length++) {
      link = this.#options.ring.key(link.temporary?.parent ?? "");
    }
    if (length <= CHAIN_LIMIT) return;
    throw new DomainError(
      "ResourceBusy",
      `a temporary key can come from at most ${CHAIN_LIMIT - 1} others; make it with a key that is nearer to the permanent one`,
      { limit: CHAIN_LIMIT, found: length },
    );
  }
}

function boundsFrom(now: number, { expiresInSeconds, networks = [] }: Partial<KeyBounds> = {}) {
  return {
    ...(expiresInSeconds !== undefined && { expiresAt: now + expiresInSeconds * 1_000 }),
    ...(networks.length > 0 && { networks }),
  };
}

/** A session ends with the first key of the chain that it comes from, at the latest. */
function sessionEnd(now: number, { durationSeconds, parent }: SessionRequest): number {
  const end = now + (durationSeconds ?? DEFAULT_SESSION_S) * 1_000;
  return Math.min(end, parent?.endsAt ?? end);
}

/** Without a role the session acts for the one who asked for it. The name that it is given is never a user's. */
function sessionPrincipal(
  id: string,
  { account, role, sessionName, parent }: SessionRequest,
): string {
  if (role === undefined) return parent?.key.principal ?? principalOf(account, id);
  return `acs:ram::${account}:assumed-role/${role}/${sessionName ?? id}`;
}

function fullMessage({ limit, found }: Found, what: string, room: string): string {
  return `there are ${found} ${what}, and there may be ${limit}; ${room}`;
}
