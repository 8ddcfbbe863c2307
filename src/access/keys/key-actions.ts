import { DomainError } from "../../core/errors.ts";
import type { AccessChange, StoredKey } from "../../store/access-store.ts";
import { refuseUnlessOperator, worldOf } from "../accounts/account-actions.ts";
import { type Administration, type Author, notFound } from "../administration.ts";
import type { Params } from "../params.ts";
import { OPERATOR } from "./authenticator.ts";
import { boundsIn } from "./key-bounds.ts";
import type { KeyRing } from "./key-ring.ts";

export async function createAccessKey(api: Administration, params: Params, author: Author) {
  const user = params.optionalName("user");
  const asked = params.optionalName("account");
  const bounds = boundsIn(params);
  params.end();
  return api.change("CreateAccessKey", author, () => {
    const { ring, maker } = api.options;
    const isNew = asked !== undefined && ring.account(asked) === undefined;
    if (isNew) refuseUnlessOperator(author, notFound("account", asked));
    const account = isNew ? asked : api.accountOf(asked, author);
    const first = isNew ? maker.account(account, undefined).made.changes : [];
    const { changes, told } = maker.key(account, user, bounds);
    return {
      account,
      resource: `access/${told["accessKeyId"]}`,
      changes: [...first, ...changes],
      told,
      ...(isNew && { prepare: worldOf(api, account) }),
    };
  });
}

export async function listAccessKeys(api: Administration, params: Params, author: Author) {
  const everybody = author.actor === OPERATOR && params.optionalName("account") === undefined;
  const account = everybody ? undefined : api.accountOf(params.optionalName("account"), author);
  params.end();
  const { ring, clock } = api.options;
  const keys =
    account === undefined
      ? ring.keys
      : [...ring.lastingKeys(account), ...ring.temporaryKeys(account)];
  return {
    keys: keys.map((key) => ({
      accessKeyId: key.id,
      account: key.account,
      principal: key.principal,
      status: statusOf(key, clock.now()),
      createdAt: key.createdAt,
      ...(key.expiresAt !== undefined && { expiresAt: key.expiresAt }),
      ...(key.networks && { networks: key.networks }),
      ...lastUseOf(ring, key.id),
      ...(ring.isConfigured(key.id) && { source: "configuration file" }),
      ...(key.temporary && { expiresAt: key.temporary.expiresAt }),
      ...(key.temporary?.role !== undefined && { role: key.temporary.role }),
    })),
  };
}

function statusOf({ enabled, expiresAt, temporary }: StoredKey, now: number): string {
  if (!enabled) return "disabled";
  return (temporary?.expiresAt ?? expiresAt ?? now + 1) <= now ? "expired" : "enabled";
}

function lastUseOf({ uses }: KeyRing, id: string) {
  const last = uses.last(id);
  if (last === undefined) return {};
  return { lastUsedAt: last.at, lastUsedFrom: last.source, lastUsedFor: last.action };
}

export function setEnabled(action: "EnableAccessKey" | "DisableAccessKey", enabled: boolean) {
  return async (api: Administration, params: Params, author: Author) => {
    const id = params.text("accessKeyId");
    params.end();
    return api.change(action, author, () => {
      const key = api.keyOf(id, author);
      refuseConfigured(api.options.ring, id);
      const changes = [{ type: "put-key", key: { ...key, enabled } } as const];
      const told = { accessKeyId: id, status: enabled ? "enabled" : "disabled" };
      return { account: key.account, resource: `access/${id}`, changes, told };
    });
  };
}

/** What is attached to the key goes with it. The temporary keys that were made with it stay, and are refused as disabled. */
export async function deleteAccessKey(api: Administration, params: Params, author: Author) {
  const id = params.text("accessKeyId");
  params.end();
  return api.change("DeleteAccessKey", author, () => {
    const { account } = api.keyOf(id, author);
    const { ring } = api.options;
    refuseConfigured(ring, id);
    const attached = ring.attachmentsOf(account, "key", id);
    const changes: AccessChange[] = [
      { type: "remove-key", id },
      ...attached.map((attachment) => ({ type: "detach", attachment }) as const),
    ];
    const told = { accessKeyId: id, status: "deleted" };
    return { account, resource: `access/${id}`, changes, told };
  });
}

export function refuseConfigured(ring: KeyRing, id: string): void {
  if (!ring.isConfigured(id)) return;
  const message = `the access key ${id} comes from the configuration file; change it there and start anew`;
  throw new DomainError("ResourceBusy", message, { kind: "access key", id });
}
