// The composition root: this is the only file that knows every part of the program.
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { ACCESS_ACTIONS } from "../access/api.ts";
import { checkExport } from "../access/audit/audit-actions.ts";
import type { AuthMode } from "../access/keys/authenticator.ts";
import { BudgetMeter } from "../budget-meter.ts";
import { systemClock } from "../clock.ts";
import { ConfigError } from "../config/config-error.ts";
import type { Config } from "../config/settings.ts";
import type { JsonObject } from "../core/json.ts";
import { accessDialect } from "../dialects/access/dialect.ts";
import type { Dialect, DialectSettings } from "../dialects/dialect.ts";
import { DIALECTS } from "../dialects/registry.ts";
import { stsDialect } from "../dialects/sts/dialect.ts";
import { Catalog } from "../engine/catalog.ts";
import { Engine } from "../engine/engine.ts";
import { LocalExecutor } from "../engine/local/local-executor.ts";
import type { Sealer } from "../engine/secrets.ts";
import { announce } from "../http/announcement.ts";
import { isLoopback } from "../http/loopback.ts";
import { buildHttpServer } from "../http/server.ts";
import { describeWorld } from "../products/describe-world.ts";
import { type BackupOptions, backupDirectory } from "../store/sqlite/backup/backup.ts";
import type { Manifest } from "../store/sqlite/backup/manifest.ts";
import { restoreDirectory, verifyBackup } from "../store/sqlite/backup/restore.ts";
import { type DirectoryReport, verifyDirectory } from "../store/sqlite/backup/verify-directory.ts";
import { openSqliteStore } from "../store/sqlite/sqlite-store.ts";
import type { Store } from "../store/store.ts";
import type { RightsOf } from "../task-rights.ts";
import {
  type Access,
  accessCalls,
  authModeOf,
  buildCallerChecks,
  callOffline,
  openAccess,
} from "./access.ts";
import { holdingsOf } from "./holdings.ts";
import { limitsOf, runningLimitOf } from "./limits.ts";
import { ClockWatch } from "./observe/clock-watch.ts";
import { watchEventLoop } from "./observe/event-loop-watch.ts";
import { createLog } from "./observe/log.ts";
import { Metrics } from "./observe/metrics.ts";
import { observe } from "./observe/observe.ts";
import { productsOf, type Running } from "./products.ts";
import { holdSettings, startPush } from "./push.ts";
import { openProxy, prepareTls } from "./tls.ts";
import { makeWorld, makeWorlds } from "./worlds.ts";

export interface RunningServer {
  /** Where it listens: http://host:port, or https. */
  readonly url: string;
  /** The same as host:port, which is how the official SDKs take their endpoint. */
  readonly address: string;
  /** What a client's HTTPS_PROXY takes, if the forward proxy is on. */
  readonly proxyUrl: string | undefined;
  /** The certificate of the local CA, if it is in use. */
  readonly caFile: string | undefined;
  readonly config: Config;
  /** Where the data is, for people to read. */
  readonly data: string;
  /** Whether the data directory was made by this start. */
  readonly isNew: boolean;
  readonly log: Logger;
  readonly engine: Engine;
  /** How callers are checked. */
  readonly mode: AuthMode;
  /** Whether there is any access key. */
  readonly hasKeys: boolean;
  /** Answers what is under way, lets steps end or interrupts them, closes the store. */
  stop(): Promise<void>;
}

/** The lines of `taskscribe world`. */
export function worldLines(): readonly string[] {
  return describeWorld();
}

/** @throws DomainError in words. */
export function backUp(
  { data }: Config,
  target: string,
  options: Omit<BackupOptions, "now">,
): Promise<Manifest> {
  return backupDirectory(data, target, { ...options, now: systemClock.now });
}

/** @throws DomainError in words. */
export function restoreBackup(backup: string, { data }: Config): Promise<Manifest> {
  return restoreDirectory(backup, data);
}

/** @throws DomainError saying what is wrong with the backup. */
export function checkBackup(backup: string): Promise<Manifest> {
  return verifyBackup(backup);
}

/** @throws DomainError if it is no data directory. */
export function verifyData({ data }: Config): Promise<DirectoryReport> {
  return verifyDirectory(data);
}

/** What is wrong with exported lines of the audit, in words; undefined: nothing. @throws DomainError for a wrong key */
export function checkAuditExport(
  lines: readonly JsonObject[],
  options: { readonly key?: string | undefined; readonly whole?: boolean },
): string | undefined {
  return checkExport(lines, options);
}

/** One call to the access API on a data directory that no server owns. @throws DomainError as `openAccess` does. */
export function callAccessOffline(config: Config, action: string, parameters: JsonObject) {
  const log = createLog(config, "");
  return callOffline({ config, clock: systemClock, log, lock: true }, action, parameters);
}

/** Starts everything that serves callers. @throws DomainError `StoreUnavailable`, ConfigError; in words, both. */
export async function startServer(config: Config, version: string): Promise<RunningServer> {
  const start = beginStart(config, version);
  const data = await openData(start);
  try {
    const parts = await buildParts(start, data);
    const open = await openToCallers(start, data, parts);
    // Reads are answered while the open tasks are taken over, however many these are; changes once that is done.
    await parts.engine.start().catch(async (error: unknown) => {
      await closeToCallers(data, open);
      throw error;
    });
    return {
      ...open.addresses,
      ...factsOf(start, data, parts),
      stop: stopper(start, data, parts, open),
    };
  } catch (error) {
    await data.close();
    throw error;
  }
}

type Start = ReturnType<typeof beginStart>;
type Data = Awaited<ReturnType<typeof openData>>;
type Parts = Awaited<ReturnType<typeof buildParts>>;
type Open = Awaited<ReturnType<typeof openToCallers>>;

/** What every later part of the start uses. Nothing is open yet. @throws ConfigError */
function beginStart(config: Config, version: string) {
  const log = createLog(config, version);
  const mode = authModeOf(config, isLoopback);
  const running: Running = {};
  const products = productsOf(config, running);
  const budgets = new BudgetMeter(config.budgets);
  return { config, version, log, mode, running, products, budgets, metrics: new Metrics() };
}

/** Opens the data directory: tasks and resources, accounts and keys, and the demonstration worlds in them. */
async function openData({ config, log, running, products, metrics }: Start) {
  const store = await openSqliteStore(config.data, {
    appended: metrics.appended,
    stored: (account, bytes) => running.quotas?.storedMore(account, bytes),
    damaged: (what) =>
      log.error({ what }, "a stored row cannot be read and is left out; run taskscribe verify"),
  });
  let access: Access | undefined;
  const close = async () => {
    await access?.close();
    await store.close();
  };
  try {
    const worldOf = async (account: string) => void (await makeWorld(store, account, products));
    const holdings = () => running.holdings;
    const limits = () => running.limits?.();
    const taskDoors = () => running.taskDoors;
    const known = { holdings, limits, taskDoors };
    const deps = { config, clock: systemClock, log, makeWorld: worldOf, ...known };
    access = await openAccess(deps);
    const isNew = await makeWorlds(store, access, config, products, log);
    return { store, access, isNew, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Builds the engine and what surrounds it: certificates, checks of callers, log and metrics. Nothing runs yet. */
async function buildParts(start: Start, { store, access }: Data) {
  const { config, version, log, mode, running, budgets, metrics } = start;
  const dialects = dialectsOf(config, access);
  const secure = await prepareTls(config, dialects);
  const engine = createEngine(start, store, access.secrets.box);
  running.engine = engine;
  budgets.uses("openTaskBytes", () => engine.held.open);
  budgets.uses("endedTaskBytes", () => engine.held.ended);
  const deps = { config, access, clock: systemClock, log, mode, dialects };
  const checks = await buildCallerChecks({ ...deps, engine, store });
  running.quotas = checks.quotas;
  running.taskDoors = checks.taskDoors;
  running.rightsOf = (account, maker) => checks.control.rightsOf(account, maker);
  const watched = { config, version, log, engine, store, metrics, budgets };
  const observers = await observe({ ...watched, now: systemClock.now });
  return { dialects, secure, engine, checks, observers };
}

/** Opens what callers reach: push and webhooks, the HTTP server, the forward proxy. Then tells where it is. */
async function openToCallers(
  { config, log, running, budgets }: Start,
  { access }: Data,
  parts: Parts,
) {
  const { dialects, secure, engine, checks, observers } = parts;
  const rightsOf: RightsOf = (account, maker) => checks.control.rightsOf(account, maker);
  const { shares } = checks;
  const { secrets } = access;
  const push = await startPush({ config, engine, secrets, log, rightsOf, shares, budgets });
  running.holdings = holdingsOf(engine, push);
  const limits = limitsOf({ config, access, checks, engine, push });
  running.limits = limits;
  const accounts = { accounts: () => access.ring.accounts.map(({ id }) => id), reader: limits };
  const clockWatch = new ClockWatch(systemClock, log);
  const app = buildHttpServer({
    service: engine,
    push,
    log,
    access: checks.control,
    answered: observers.answered,
    meter: budgets,
    clockJumps: () => clockWatch.jumps,
    metrics: observers.page({ push, quotas: checks.quotas, accounts, clockWatch }, checks.guard),
    dialects,
    settings: dialectSettings(config),
    tls: secure.tls,
  });
  const address = await listen(app, config);
  const proxy = await openProxy(secure, app, config, log, checks.control.hostRefused);
  const url = `${config.tls ? "https" : "http"}://${address}`;
  const addresses = { url, address, proxyUrl: proxy?.url, caFile: secure.caFile };
  access.audit.begin();
  void access.secrets.reseal(log);
  const watches = [watchEventLoop(log), clockWatch.start()];
  const told = announce(config.data, { ...addresses, operatorToken: checks.operatorToken });
  return { push, app, proxy, addresses, watches, announcement: told };
}

async function closeToCallers({ access }: Data, open: Open): Promise<void> {
  open.announcement.takeBack();
  for (const watch of open.watches) watch.stop();
  await Promise.all([open.app.close(), open.proxy?.close()]);
  await access.secrets.stop();
  await open.push.webhooks?.stop();
}

function factsOf({ config, log, mode }: Start, { store, access, isNew }: Data, { engine }: Parts) {
  const hasKeys = access.ring.keys.length > 0;
  return { config, data: store.location, isNew, log, engine, mode, hasKeys };
}

/** In the opposite order: no new callers, then no more steps, then the last lines, then the data. */
function stopper({ config, log }: Start, data: Data, parts: Parts, open: Open) {
  const { engine, observers, checks } = parts;
  return async () => {
    await closeToCallers(data, open);
    await engine.stop(config.drainMs);
    await observers.stop();
    await checks.close();
    log.info({}, "stopped");
  };
}

/** The built-in dialects, those of the configuration, and those for keys and policies over HTTP. */
function dialectsOf(config: Config, { api }: Access): readonly Dialect[] {
  const callAccess = accessCalls(api);
  const access = [accessDialect(ACCESS_ACTIONS, callAccess), stsDialect(callAccess)];
  return [...DIALECTS, ...config.dialects, ...access];
}

function dialectSettings(config: Config): DialectSettings {
  const { failedState, language } = config;
  return { failedState, language, hold: holdSettings(config) };
}

function createEngine(
  { config, products, log, budgets }: Start,
  store: Store,
  sealer: Sealer,
): Engine {
  const { retention, concurrency } = config;
  const runningLimit = runningLimitOf(config);
  return new Engine({
    store,
    log,
    sealer,
    clock: systemClock,
    catalog: new Catalog(products),
    random: Math.random,
    retention,
    limits: { ...budgets.budgets, reached: budgets.reached },
    budgets: budgets.budgets,
    executor: (host) =>
      new LocalExecutor(host, {
        maxRunning: concurrency,
        runningLimit,
      }),
  });
}

async function listen(app: FastifyInstance, { host, port }: Config): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(
      `port: the server cannot listen on ${host}:${port} (${reason}); give another --port, or 0 for a free one`,
      {
        cause,
      },
    );
  }
  const bound = app.server.address() as AddressInfo;
  return `${bound.family === "IPv6" ? `[${bound.address}]` : bound.address}:${bound.port}`;
}
