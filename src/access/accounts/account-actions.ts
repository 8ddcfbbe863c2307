import { DomainError } from "../../core/errors.ts";
import type { AccessChange } from "../../store/access-store.ts";
import { type Administration, type Author, notFound } from "../administration.ts";
import { OPERATOR } from "../keys/authenticator.ts";
import type { Params } from "../params.ts";
import type { AccountHoldings } from "./account-holdings.ts";

/** How long a deletion waits for tasks that are being canceled, and how often it looks. */
const WAIT_MS = 5_000;
const LOOK_EVERY_MS = 250;

export async function createAccount(api: Administration, params: Params, author: Author) {
  const id = params.optionalName("account");
  const name = params.optionalName("name");
  params.end();
  refuseUnlessOperator(author);
  return api.change("CreateAccount", author, () => {
    const { account, made } = api.options.maker.account(id, name);
    const resource = `account/${account.id}`;
    return { account: account.id, resource, ...made, prepare: worldOf(api, account.id) };
  });
}

/** The world comes first: an account without its world could not be used, a world without an account harms nobody. */
export function worldOf({ options }: Administration, account: string) {
  return () => options.makeWorld(account);
}

export async function listAccounts(api: Administration, params: Params, author: Author) {
  params.end();
  const all = api.options.ring.accounts;
  const visible = author.actor === OPERATOR ? all : all.filter(({ id }) => id === author.account);
  return { accounts: visible.map(({ id, name, createdAt }) => ({ account: id, name, createdAt })) };
}

/**
 * Deletes an account with its keys, sessions, roles, policies and webhooks. Its tasks stay in the store and can be reached
 * by nobody, because its id is never given again; its audit stays. It is refused while tasks are open.
 */
export async function deleteAccount(api: Administration, params: Params, author: Author) {
  const account = params.name("account");
  const cancel = params.flag("cancel");
  params.end();
  refuseUnlessOperator(author);
  refuseUndeletable(api, account, author);
  const holdings = api.options.holdings?.();
  if (holdings === undefined) {
    throw new DomainError(
      "ResourceBusy",
      "account: whether it has open tasks is known only to a running server; start one (taskscribe serve), then delete it",
      { kind: "account", id: account },
    );
  }
  if (cancel) await cancelAll(api, holdings, account, author);
  const told = await api.change("DeleteAccount", author, () => ({
    account,
    resource: `account/${account}`,
    changes: removalOf(api, account, author),
    prepare: () => refuseOpenTasks(holdings, account, cancel),
    told: { account, status: "deleted" },
  }));
  // A task that was submitted at the last moment has no owner any more, and nobody but this could end it.
  await holdings.cancelTasks(account, author.requestId);
  await holdings.removeWebhooks(account);
  return told;
}

/** @throws DomainError for an account that is not there, or that the configuration names. */
function refuseUndeletable(
  { options: { ring } }: Administration,
  id: string,
  author: Author,
): void {
  if (ring.account(id) === undefined) throw notFound("account", id);
  const facts = { kind: "account", id };
  if (id === author.account) {
    const message = `account: ${id} is the account of callers while auth is off; name another in the setting account first`;
    throw new DomainError("ResourceBusy", message, facts);
  }
  const configured = ring.lastingKeys(id).find((key) => ring.isConfigured(key.id));
  if (configured === undefined) return;
  const message = `account: ${id} has the key ${configured.id} in the configuration file; take it out and start anew first`;
  throw new DomainError("ResourceBusy", message, facts);
}

async function cancelAll(
  { options: { clock } }: Administration,
  holdings: AccountHoldings,
  account: string,
  { requestId }: Author,
): Promise<void> {
  const until = clock.monotonic() + WAIT_MS;
  await holdings.cancelTasks(account, requestId);
  while ((await holdings.openTasks(account)) > 0 && clock.monotonic() < until) {
    await new Promise<void>((resolve) => clock.after(LOOK_EVERY_MS, resolve));
  }
}

async function refuseOpenTasks(holdings: AccountHoldings, account: string, cancel: boolean) {
  const open = await holdings.openTasks(account);
  if (open === 0) return;
  const next = cancel
    ? "they are being canceled; delete it again when they have ended"
    : "wait until they have ended, or have them canceled (cancel: true, --cancel)";
  throw new DomainError("ResourceBusy", `account: ${account} has ${open} open tasks; ${next}`, {
    kind: "account",
    id: account,
    found: open,
  });
}

function removalOf(api: Administration, account: string, author: Author): readonly AccessChange[] {
  refuseUndeletable(api, account, author);
  const { ring, clock } = api.options;
  const found = ring.account(account);
  if (found === undefined) throw notFound("account", account);
  const keys = [...ring.lastingKeys(account), ...ring.temporaryKeys(account)];
  const attachments = ring.attachments.filter((one) => one.account === account);
  const policies = ring.policies.filter((policy) => policy.account === account);
  return [
    { type: "put-account", account: { ...found, deletedAt: clock.now() } },
    ...keys.map(({ id }) => ({ type: "remove-key", id }) as const),
    ...attachments.map((attachment) => ({ type: "detach", attachment }) as const),
    ...policies.map(({ name }) => ({ type: "remove-policy", account, name }) as const),
    ...ring.roles(account).map(({ name }) => ({ type: "remove-role", account, name }) as const),
  ];
}

export function refuseUnlessOperator({ actor }: Author, error?: DomainError): void {
  if (actor === OPERATOR) return;
  throw (
    error ??
    new DomainError(
      "AccountMismatch",
      "only the command line on the server can make or delete accounts",
    )
  );
}
