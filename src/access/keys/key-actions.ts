import { DomainError } from "../../core/errors.ts";
import type { AccessChange } from "../../store/access-store.ts";
import { type Administration, type Author, notFound } from "../administration.ts";
import type { Params } from "../params.ts";
import { OPERATOR } from "./authenticator.ts";
import type { KeyRing } from "./key-ring.ts";
import { LONGEST_SESSION_S, type Made } from "./keys.ts";

export async function createAccount(api: Administration, params: Params, author: Author) {
  const id = params.optionalName("account");
  const name = params.optionalName("name");
  params.end();
  refuseUnlessOperator(author);
  const { account, made } = api.options.maker.account(id, name);
  const resource = `account/${account.id}`;
  const { changes } = made;
  await api.commit({ account: account.id, action: "CreateAccount", resource, changes }, author);
  await api.options.accountMade(account.id);
  return made.told;
}

export async function listAccounts(api: Administration, params: Params, author: Author) {
  params.end();
  const all = api.options.ring.accounts;
  const visible = author.actor === OPERATOR ? all : all.filter(({ id }) => id === author.account);
  return { accounts: visible.map(({ id, name, createdAt }) => ({ account: id, name, createdAt })) };
}

export async function createAccessKey(api: Administration, params: Params, author: Author) {
  const user = params.optionalName("user");
  const asked = params.optionalName("account");
  const { ring, maker } = api.options;
  const isNew = asked !== undefined && ring.account(asked) === undefined;
  if (isNew) refuseUnlessOperator(author, notFound("account", asked));
  const account = isNew ? asked : api.accountOf(params, author);
  params.end();
  refuseTemporary(ring, author);
  const first: Made = isNew ? maker.account(account, undefined).made : { changes: [], told: {} };
  const { changes, told } = maker.key(account, user);
  const resource = `access/${told["accessKeyId"]}`;
  const all = [...first.changes, ...changes];
  await api.commit({ account, action: "CreateAccessKey", resource, changes: all }, author);
  if (isNew) await api.options.accountMade(account);
  return told;
}

export async function listAccessKeys(api: Administration, params: Params, author: Author) {
  const everybody = author.actor === OPERATOR && params.optionalName("account") === undefined;
  const account = everybody ? undefined : api.accountOf(params, author);
  params.end();
  const { ring } = api.options;
  const keys = ring.keys.filter((key) => account === undefined || key.account === account);
  return {
    keys: keys.map((key) => ({
      accessKeyId: key.id,
      account: key.account,
      principal: key.principal,
      status: key.enabled ? "enabled" : "disabled",
      createdAt: key.createdAt,
      ...(ring.isConfigured(key.id) && { source: "configuration file" }),
      ...(key.temporary && { expiresAt: key.temporary.expiresAt }),
      ...(key.temporary?.role !== undefined && { role: key.temporary.role }),
    })),
  };
}

export function setEnabled(action: string, enabled: boolean) {
  return async (api: Administration, params: Params, author: Author) => {
    const id = params.text("accessKeyId");
    params.end();
    const key = api.keyOf(id, author);
    refuseConfigured(api.options.ring, id);
    const changes = [{ type: "put-key", key: { ...key, enabled } } as const];
    await api.commit({ account: key.account, action, resource: `access/${id}`, changes }, author);
    return { accessKeyId: id, status: enabled ? "enabled" : "disabled" };
  };
}

export async function deleteAccessKey(api: Administration, params: Params, author: Author) {
  const id = params.text("accessKeyId");
  params.end();
  const { account } = api.keyOf(id, author);
  const { ring } = api.options;
  refuseConfigured(ring, id);
  const attached = ring.attachments.filter(
    (one) => one.account === account && one.kind === "key" && one.target === id,
  );
  const changes: AccessChange[] = [
    { type: "remove-key", id },
    ...attached.map((attachment) => ({ type: "detach", attachment }) as const),
  ];
  const resource = `access/${id}`;
  await api.commit({ account, action: "DeleteAccessKey", resource, changes }, author);
  return { accessKeyId: id, status: "deleted" };
}

export async function assumeRole(api: Administration, params: Params, author: Author) {
  const account = api.accountOf(params, author);
  const role = params.optionalName("role");
  const sessionName = params.optionalName("sessionName");
  const durationSeconds = params.optionalWhole("durationSeconds", 1, LONGEST_SESSION_S);
  const policy = params.optionalObject("policy");
  params.end();
  const parent = author.accessKeyId === "" ? undefined : api.keyOf(author.accessKeyId, author);
  const request = { account, role, sessionName, durationSeconds, policy, parent };
  const { changes, told } = api.options.maker.session(request);
  const resource = `access/${role ?? told["accessKeyId"]}`;
  await api.commit({ account, action: "AssumeRole", resource, changes }, author);
  return told;
}

/** Temporary keys must not outlive their time by making permanent ones. */
function refuseTemporary(ring: KeyRing, { accessKeyId }: Author): void {
  if (ring.key(accessKeyId)?.temporary === undefined) return;
  const message = "a temporary key cannot make permanent ones; use a permanent key";
  throw new DomainError("AccountMismatch", message);
}

function refuseConfigured(ring: KeyRing, id: string): void {
  if (!ring.isConfigured(id)) return;
  const message = `the access key ${id} comes from the configuration file; change it there and start anew`;
  throw new DomainError("ResourceBusy", message, { kind: "access key", id });
}

function refuseUnlessOperator({ actor }: Author, error?: DomainError): void {
  if (actor === OPERATOR) return;
  throw (
    error ??
    new DomainError("AccountMismatch", "only the command line on the server can make accounts")
  );
}
