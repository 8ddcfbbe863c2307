import { randomBytes } from "node:crypto";
import { AccessControl } from "../access/access-control.ts";
import type { AccountHoldings } from "../access/accounts/account-holdings.ts";
import { ACCESS_ACTIONS, ACCESS_OPERATIONS, AccessApi, STS_OPERATIONS } from "../access/api.ts";
import { Journal } from "../access/audit/journal.ts";
import type { AccessCaller } from "../access/call.ts";
import type { AuthMode } from "../access/keys/authenticator.ts";
import { OPERATOR } from "../access/keys/authenticator.ts";
import { CertificateKeys } from "../access/keys/client-certificates.ts";
import { KeyRing, tellLostKey } from "../access/keys/key-ring.ts";
import { UseWriter } from "../access/keys/key-uses.ts";
import { KeyMaker } from "../access/keys/keys.ts";
import { Nonces } from "../access/keys/nonces.ts";
import type { LimitReader } from "../access/limits/account-limits.ts";
import { QuotaKeeper } from "../access/limits/quotas.ts";
import { Shares } from "../access/limits/shares.ts";
import { TaskUsage } from "../access/limits/task-usage.ts";
import { DEFAULT_THROTTLING, Throttle } from "../access/limits/throttle.ts";
import { shapesOf } from "../access/policies/operation-shapes.ts";
import { type OperationFacts, Operations } from "../access/policies/operations.ts";
import { Permissions } from "../access/policies/permissions.ts";
import { TaskDoors } from "../access/policies/task-doors.ts";
import type { SecretKeeper } from "../access/secrets/secret-keeper.ts";
import { complaintAbout } from "../access/settings.ts";
import type { ProductOfTasks } from "../auth/policy/asked.ts";
import type { Clock } from "../clock.ts";
import { ConfigError } from "../config/config-error.ts";
import type { Config } from "../config/settings.ts";
import type { JsonObject } from "../core/json.ts";
import { ACCESS } from "../dialects/access/dialect.ts";
import type { Dialect } from "../dialects/dialect.ts";
import { NATIVE } from "../dialects/native/dialect.ts";
import { OPERATIONS as NATIVE_OPERATIONS } from "../dialects/native/operations.ts";
import { DIALECTS } from "../dialects/registry.ts";
import type { Engine } from "../engine/engine.ts";
import { isLoopback } from "../http/loopback.ts";
import { SiteGuard } from "../http/site-guard.ts";
import type { Log } from "../log.ts";
import type { AccessChange, AccessStore } from "../store/access-store.ts";
import { openSqliteAccessStore } from "../store/sqlite/access/open-access.ts";
import type { Store } from "../store/store.ts";
import { type AuditParts, openAudit } from "./audit.ts";
import { serverFacts } from "./posture.ts";
import { openSecrets } from "./secret-key/open-secrets.ts";

export interface AccessOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  /** Take the data directory's lock: for commands on a directory that no server owns. */
  readonly lock?: boolean;
  /** Makes the demonstration world of a new account. */
  readonly makeWorld?: (account: string) => Promise<void>;
  /** What accounts have outside of access control, once a server runs. */
  readonly holdings?: () => AccountHoldings | undefined;
  /** What they have of everything that they have a share of, once a server runs. */
  readonly limits?: () => LimitReader | undefined;
  /** What operations ask for on tasks, once a server runs. */
  readonly taskDoors?: () => TaskDoors | undefined;
}

/** Accounts, keys and policies of one data directory, open for use. */
export interface Access {
  readonly api: AccessApi;
  readonly ring: KeyRing;
  readonly journal: Journal;
  readonly nonces: Nonces;
  readonly store: AccessStore;
  readonly uses: UseWriter;
  /** Encrypt what must not be readable on the disk. */
  readonly secrets: SecretKeeper;
  readonly audit: AuditParts;
  close(): Promise<void>;
}

/** @throws DomainError `StoreUnavailable`, ConfigError */
export async function openAccess(options: AccessOptions): Promise<Access> {
  const { config, clock, log, lock = false, makeWorld = async () => {} } = options;
  const complaint = complaintAbout(config);
  if (complaint !== undefined) throw new ConfigError(complaint);
  const store = await openSqliteAccessStore(config.data, { lock });
  try {
    const records = await store.load();
    const secrets = await openSecrets(config, records, store, clock, log);
    const { box } = secrets;
    const ring = new KeyRing(records, box, config.keys, tellLostKey(log));
    report(ring, log);
    const nonces = new Nonces();
    nonces.restore(await store.readNonces(clock.now()));
    const audit = await openAudit({ config, store, marks: records.marks, clock, log });
    const { auditKey, auditKeys, written } = audit;
    const journal = new Journal({ store, nonces, clock, log, written });
    prepare({ config, ring, journal, log }, clock.now());
    const maker = new KeyMaker({ ring, box, clock });
    const api = new AccessApi({
      ring,
      maker,
      secrets,
      log,
      journal,
      clock,
      store,
      auditKey,
      auditKeys,
      makeWorld,
      holdings: options.holdings,
      limits: options.limits,
      taskDoors: options.taskDoors,
      operationsOf: operationShapes(config),
      serverFacts: () => serverFacts(config, authModeOf(config, isLoopback), !lock),
    });
    const write = (changes: readonly AccessChange[]) => journal.write([], changes);
    const uses = new UseWriter({ uses: ring.uses, clock, log, write });
    const closeAll = () => close({ secrets, uses, journal, audit, store });
    return { api, ring, journal, nonces, store, uses, secrets, audit, close: closeAll };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Our own API as policies see it. */
const OWN_API = {
  names: NATIVE.policy,
  actions: Object.values(NATIVE_OPERATIONS).map(({ action }) => action),
};

/** What policies can be about on this server, by account. */
function operationShapes({ region, dialects }: Config) {
  const described = [...DIALECTS, ...dialects]
    .filter(({ operations }) => operations.length > 0)
    .map(({ policy, operations }) => ({
      names: policy,
      actions: operations.map(({ action }) => action),
    }));
  const all = [...described, OWN_API, { names: ACCESS.policy, actions: ACCESS_ACTIONS }];
  return (account: string) => shapesOf(all, { region, account });
}

type Closing = Pick<Access, "secrets" | "uses" | "journal" | "audit" | "store">;

async function close({ secrets, uses, journal, audit, store }: Closing): Promise<void> {
  await secrets.stop();
  await uses.close();
  await journal.close();
  await audit.close();
  await store.close();
}

/** What cannot be used does not stop a start. It is left out, whatever depends on it is refused, and the log says so. */
function report({ unsound }: KeyRing, log: Log): void {
  for (const { kind, id } of unsound) {
    log.error({ kind, id }, "a stored record of access control cannot be used and is left out");
  }
}

interface Preparing {
  readonly config: Config;
  readonly ring: KeyRing;
  readonly journal: Journal;
  readonly log: Log;
}

/**
 * Writes the account of unchecked callers, which a new directory needs. The start does not wait for it: writes take effect
 * in their order, and one that was lost is repeated at the next start.
 */
function prepare({ config, ring, journal, log }: Preparing, now: number) {
  const changes: AccessChange[] = [];
  if (ring.account(config.account) === undefined && !ring.isClosed(config.account)) {
    const account = { id: config.account, name: "default", createdAt: now };
    changes.push({ type: "put-account", account });
  }
  if (changes.length === 0) return;
  ring.apply(changes);
  journal.write([], changes).catch((error: unknown) => {
    log.error({ err: error }, "the new data directory could not be prepared yet");
  });
}

export interface CallerCheckOptions {
  readonly config: Config;
  readonly access: Access;
  readonly clock: Clock;
  readonly log: Log;
  readonly mode: AuthMode;
  readonly dialects: readonly Dialect[];
  /** It has not been started yet. */
  readonly engine: Engine;
  readonly store: Store;
}

export interface CallerChecks {
  readonly control: AccessControl;
  readonly taskDoors: TaskDoors;
  readonly quotas: QuotaKeeper;
  /** Undefined: everyone is one account. */
  readonly shares: Shares | undefined;
  /** Refuses requests of other sites' web pages while signatures are not checked; for `/metrics` it always does. */
  readonly guard: SiteGuard;
  /** Allows a process that can read the data directory to manage access from this machine. */
  readonly operatorToken: string;
  /** Closes what `access` has open. */
  close(): Promise<void>;
}

/** Makes the access control of a server that is about to start. */
export async function buildCallerChecks(options: CallerCheckOptions): Promise<CallerChecks> {
  const { config, access, clock, log, mode, dialects, engine, store } = options;
  const now = () => clock.now();
  const quotas = new QuotaKeeper(config.quotas, log);
  const shares = sharesOf(config, mode);
  const usage = new TaskUsage(quotas);
  const operatorToken = randomBytes(32).toString("base64url");
  const guard = guardOf(config, dialects);
  const permissions = new Permissions({
    region: config.region,
    tasks: engine,
    products: productsOfTasks(dialects),
    resources: (account) => engine.resources(account),
    now,
  });
  const control = new AccessControl({
    ...access,
    mode,
    account: config.account,
    clock,
    operatorToken,
    site: guard,
    signatures: config,
    requireTls: config.requireTls,
    requireCertificate: config.tlsClientAuth === "required",
    certificateKeys: certificateKeysOf(config),
    versionless: new Set(versionlessOf(dialects)),
    operations: operationsOf(dialects),
    permissions,
    throttle: new Throttle(config.throttling ?? (mode === "off" ? {} : DEFAULT_THROTTLING)),
    quotas,
    usage,
    shares,
  });
  engine.onCommit((task, events) => usage.committed(task, events));
  engine.onArchive((tasks) => usage.archived(tasks));
  await usage.restore(store);
  const taskDoors = new TaskDoors({
    permissions,
    native: OWN_API,
    rightsOf: (owner, maker) => control.rightsOf(owner, maker),
  });
  const close = () => access.close();
  return { control, taskDoors, quotas, shares, guard, operatorToken, close };
}

/** As long as everyone is one account, there is nobody to share with: only what is set is limited. */
function sharesOf({ shares }: Config, mode: AuthMode): Shares | undefined {
  if (mode === "off" && Object.keys(shares).length === 0) return undefined;
  return new Shares(shares, mode !== "off");
}

function certificateKeysOf({ clientCertificates }: Config): CertificateKeys | undefined {
  return clientCertificates.length === 0 ? undefined : new CertificateKeys(clientCertificates);
}

function versionlessOf(dialects: readonly Dialect[]): readonly string[] {
  return dialects.filter(({ version }) => version === undefined).map(({ name }) => name);
}

function guardOf({ host, allowHost }: Config, dialects: readonly Dialect[]): SiteGuard {
  const productLabels = dialects.map(({ hostLabels }) => hostLabels);
  return new SiteGuard({ host, allowed: allowHost, productLabels });
}

/** The names that policies, limits and the audit use for the operations of these dialects. */
export function operationsOf(dialects: readonly Dialect[]): Operations {
  const names = new Map(dialects.map(({ name, policy }) => [name, policy]));
  return new Operations(names, [
    ...operationFacts(dialects),
    ...ACCESS_OPERATIONS,
    ...STS_OPERATIONS,
  ]);
}

/** The products whose tasks our own API shows beside its own, as policies see them. */
function productsOfTasks(dialects: readonly Dialect[]): ReadonlyMap<string, ProductOfTasks> {
  const others = dialects.filter(({ policy }) => policy.acts === "target");
  return new Map(
    others.map((dialect) => [
      dialect.name,
      {
        names: dialect.policy,
        actions: dialect.taskActions ?? {},
        making: new Set(makingOperations(dialect)),
      },
    ]),
  );
}

/** The operations that start a task and have no parameter for an existing thing. */
function makingOperations({ operations, policy }: Dialect): readonly string[] {
  const existing = new Set([
    ...policy.idParameters,
    ...(policy.members ?? []).flatMap(({ names, onlyInTasks }) => (onlyInTasks ? [] : names)),
  ]);
  return operations
    .filter(
      ({ role, params }) => role === "start-task" && !params.some(({ name }) => existing.has(name)),
    )
    .map(({ action }) => action);
}

/** The facts in the descriptions that policies, limits and the audit need. */
function operationFacts(dialects: readonly Dialect[]): readonly OperationFacts[] {
  return dialects.flatMap(({ name: dialect, operations }) =>
    operations.map(({ action, role, params }) => ({
      dialect,
      action,
      role,
      parameters: params.map(({ name }) => name),
    })),
  );
}

/** How callers are checked: `off` if only this machine has access and nothing else is set. @throws ConfigError */
export function authModeOf(config: Config, isLoopback: (host: string) => boolean): AuthMode {
  const { auth, host, insecure } = config;
  const alone = isLoopback(host);
  const mode = auth ?? (alone ? "off" : "strict");
  if (mode === "strict" || alone || insecure) return mode;
  const lets = mode === "off" ? "lets everyone in" : "lets in whoever knows an access key id";
  throw new ConfigError(
    `--auth ${mode} ${lets}, and ${host} is not this machine alone; give --auth strict (the default there), --host 127.0.0.1, or --insecure if everyone who reaches ${host} may do everything`,
  );
}

/** Calls the access API for a caller whose request is allowed. */
export function accessCalls(api: AccessApi) {
  return (action: string, parameters: JsonObject, caller: AccessCaller) => {
    const { account, actor, requestId, accessKeyId = "", source = "", secure = false } = caller;
    return api.call(action, parameters, { account, actor, requestId, accessKeyId, source, secure });
  };
}

/** Makes one call to the access API as the owner of the data directory, which no server may use meanwhile. */
export async function callOffline(
  options: AccessOptions,
  action: string,
  parameters: JsonObject,
): Promise<JsonObject> {
  const access = await openAccess(options);
  try {
    const { account } = options.config;
    const author = { account, actor: OPERATOR, accessKeyId: "", source: "cli", requestId: "" };
    return await access.api.call(action, parameters, author);
  } finally {
    await access.close();
  }
}
