import { AccessControl } from "../../src/access/access-control.ts";
import type { AccountHoldings } from "../../src/access/accounts/account-holdings.ts";
import { ACCESS_ACTIONS, ACCESS_OPERATIONS, AccessApi } from "../../src/access/api.ts";
import { type AuditKey, auditKeyOf, newAuditKey } from "../../src/access/audit/audit-heads.ts";
import { Journal } from "../../src/access/audit/journal.ts";
import type { AccessCall } from "../../src/access/call.ts";
import { type AuthMode, OPERATOR } from "../../src/access/keys/authenticator.ts";
import { type ConfiguredKey, KeyRing, tellLostKey } from "../../src/access/keys/key-ring.ts";
import { UseWriter } from "../../src/access/keys/key-uses.ts";
import { KeyMaker } from "../../src/access/keys/keys.ts";
import { Nonces } from "../../src/access/keys/nonces.ts";
import { limitReader } from "../../src/access/limits/account-limits.ts";
import { QuotaKeeper, type Quotas } from "../../src/access/limits/quotas.ts";
import { type ShareSettings, Shares } from "../../src/access/limits/shares.ts";
import { TaskUsage } from "../../src/access/limits/task-usage.ts";
import { Throttle, type Throttling } from "../../src/access/limits/throttle.ts";
import { shapesOf } from "../../src/access/policies/operation-shapes.ts";
import { type OperationFacts, Operations } from "../../src/access/policies/operations.ts";
import { Permissions, type TaskFacts } from "../../src/access/policies/permissions.ts";
import { TaskDoors } from "../../src/access/policies/task-doors.ts";
import type { ServerFacts } from "../../src/access/posture/facts.ts";
import { SecretKeeper } from "../../src/access/secrets/secret-keeper.ts";
import {
  changeOf,
  needsItsKey,
  openKeys,
  type SecretKeySource,
} from "../../src/access/secrets/secret-keys.ts";
import type { SignatureRules } from "../../src/auth/authenticate.ts";
import { PreparedSecret } from "../../src/auth/credentials.ts";
import type { PolicyNames } from "../../src/auth/policy/policy-names.ts";
import { signAcs3 } from "../../src/auth/sign.ts";
import { DomainError } from "../../src/core/errors.ts";
import type { JsonObject } from "../../src/core/json.ts";
import type { Resource } from "../../src/core/resource.ts";
import { ACCESS } from "../../src/dialects/access/dialect.ts";
import { NATIVE } from "../../src/dialects/native/dialect.ts";
import { OPERATIONS as NATIVE_OPERATIONS } from "../../src/dialects/native/operations.ts";
import { DIALECTS } from "../../src/dialects/registry.ts";
import type { AccessChange, AccessStore, AuditEntry } from "../../src/store/access-store.ts";
import { openSqliteAccessStore } from "../../src/store/sqlite/access/open-access.ts";
import { FakeClock } from "./fake-clock.ts";

/** A server that is set up as strictly as can be. */
export const SERVER_FACTS: ServerFacts = {
  running: true,
  mode: "strict",
  host: "0.0.0.0",
  onlyThisMachine: false,
  insecure: false,
  allowHost: [],
  tls: {
    certificate: "own",
    endsAt: Date.parse("2099-01-01T00:00:00Z"),
    versions: ["TLS 1.3", "TLS 1.2"],
  },
  requireTls: true,
  proxy: false,
  schemes: ["acs3"],
  requireNonce: true,
  maxClockDifferenceMs: 60_000,
  throttled: true,
  readsThrottled: true,
  limited: true,
  webhookTargets: "",
  metricsToken: true,
  files: [],
  nodeVersion: "v24.0.0",
};

export const DEFAULT_ACCOUNT = "1000000000000001";
export const OPERATOR_TOKEN = "operator-token-of-the-fixture";

const FACTS: readonly OperationFacts[] = [
  { dialect: "ack", action: "DescribeTaskInfo", role: "query-task", parameters: ["task_id"] },
  { dialect: "ack", action: "ScaleOutCluster", role: "start-task", parameters: ["ClusterId"] },
  { dialect: "ack", action: "CancelTask", role: "control-task", parameters: ["task_id"] },
  { dialect: "lingjun", action: "DescribeTask", role: "query-task", parameters: ["TaskId"] },
  { dialect: "lingjun", action: "ShrinkCluster", role: "start-task", parameters: ["ClusterId"] },
  { dialect: "bdrc", action: "DescribeTask", role: "query-task", parameters: ["TaskId"] },
];

/** What every dialect calls its operations in policies, by the dialect's name. */
export function policyNames(): ReadonlyMap<string, PolicyNames> {
  return new Map([...DIALECTS, ACCESS].map(({ name, policy }) => [name, policy]));
}

const OPERATIONS = new Operations(policyNames(), [...FACTS, ...ACCESS_OPERATIONS]);

const OWN_API = {
  names: NATIVE.policy,
  actions: Object.values(NATIVE_OPERATIONS).map(({ action }) => action),
};

function shapedApis() {
  return [
    ...DIALECTS.filter(({ operations }) => operations.length > 0).map(({ policy, operations }) => ({
      names: policy,
      actions: operations.map(({ action }) => action),
    })),
    OWN_API,
    { names: ACCESS.policy, actions: ACCESS_ACTIONS },
  ];
}

type KnownTask = Omit<TaskFacts, "id" | "product" | "type" | "target"> & {
  readonly account: string;
  readonly id?: string;
  readonly product?: string;
  readonly type?: string;
  readonly target: { readonly id: string };
};

const AUDIT_KEY = auditKeyOf(newAuditKey());

export interface FixtureOptions {
  readonly auditKey?: AuditKey;
  readonly mode?: AuthMode;
  readonly clock?: FakeClock;
  /** Goes on with what another fixture left. */
  readonly store?: AccessStore;
  readonly secretKey?: Uint8Array;
  readonly secretSource?: SecretKeySource;
  readonly throttling?: Throttling;
  readonly quotas?: Quotas;
  readonly nonces?: Nonces;
  readonly shares?: ShareSettings;
  readonly keys?: readonly ConfiguredKey[];
  readonly signatures?: SignatureRules;
  readonly requireTls?: boolean;
  /** By the id that callers give; `id`, if it is another, is the task's own. */
  readonly tasks?: Readonly<Record<string, KnownTask>>;
  readonly resources?: readonly (Resource & { readonly account: string })[];
  /** What accounts have besides keys, if a server runs. */
  readonly holdings?: AccountHoldings;
  /** No server runs: tasks are unknown to the access API. */
  readonly noServer?: boolean;
  /** Tasks are not at hand. */
  readonly cold?: boolean;
}

export interface MadeKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
  readonly account: string;
}

/** The whole of access control on a store in memory, with time that stands still. */
export async function openFixture(options: FixtureOptions = {}) {
  const clock = options.clock ?? new FakeClock();
  const store = options.store ?? (await openSqliteAccessStore(":memory:"));
  const logged: { readonly facts: object; readonly message: string }[] = [];
  const note = (facts: object, message: string) => void logged.push({ facts, message });
  const log = { debug: note, info: note, warn: note, error: note };
  const records = await store.load();
  const source = options.secretSource ?? secretSourceOf(options.secretKey ?? Buffer.alloc(32, 1));
  const given = await source.read(needsItsKey(records));
  const { opened, state } = openKeys(records, given, clock.now());
  if (state !== "stored") await store.write({ changes: [changeOf(opened)] });
  const secrets = new SecretKeeper(opened, source);
  const { box } = secrets;
  const ring = new KeyRing(records, box, options.keys, tellLostKey(log));
  const nonces = options.nonces ?? new Nonces();
  nonces.restore(await store.readNonces(clock.now()));
  const journal = new Journal({ store, nonces, clock, log });
  const write = (changes: readonly AccessChange[]) => journal.write([], changes);
  const uses = new UseWriter({ uses: ring.uses, clock, log, write });
  const accountsMade: string[] = [];
  const maker = new KeyMaker({ ring, box, clock });
  const makeWorld = async (account: string) => void accountsMade.push(account);
  const auditKey = options.auditKey ?? AUDIT_KEY;
  const auditKeys = [auditKey.publicKey];
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
    holdings: () => options.holdings,
    limits: () => limitReader({ ring, nonces, quotas, shares }),
    taskDoors: () => (options.noServer ? undefined : taskDoors),
    operationsOf: (account) => shapesOf(shapedApis(), { region: "cn-hangzhou", account }),
    serverFacts: () => SERVER_FACTS,
  });
  const quotas = new QuotaKeeper(options.quotas ?? {}, log);
  const usage = new TaskUsage(quotas);
  const shares = options.shares && new Shares(options.shares);
  const permissions = new Permissions({
    region: "cn-hangzhou",
    tasks: taskLookup(options),
    products: new Map(
      DIALECTS.filter(({ policy }) => policy.acts === "target").map(
        ({ name, policy, taskActions = {} }) => [name, { names: policy, actions: taskActions }],
      ),
    ),
    resources: (account) => ({
      get: async (kind, id) =>
        options.resources?.find(
          (one) => one.account === account && one.kind === kind && one.id === id,
        ),
      list: async () => [],
    }),
    now: () => clock.now(),
  });
  const control = new AccessControl({
    mode: options.mode ?? "strict",
    account: DEFAULT_ACCOUNT,
    ring,
    nonces,
    journal,
    clock,
    operatorToken: OPERATOR_TOKEN,
    signatures: options.signatures,
    requireTls: options.requireTls,
    versionless: new Set(["access", "native"]),
    operations: OPERATIONS,
    permissions,
    throttle: new Throttle(options.throttling ?? {}),
    quotas,
    usage,
    shares,
    uses,
  });
  const taskDoors = new TaskDoors({
    permissions,
    native: OWN_API,
    rightsOf: (account, maker) => control.rightsOf(account, maker),
  });
  const asOperator = (action: string, parameters: JsonObject = {}) =>
    api.call(action, parameters, {
      account: DEFAULT_ACCOUNT,
      actor: OPERATOR,
      accessKeyId: "",
      source: "cli",
      requestId: "",
    });
  const makeKey = (parameters: JsonObject = {}) =>
    asOperator("CreateAccessKey", parameters) as unknown as Promise<MadeKey>;
  const audit = (): Promise<readonly AuditEntry[]> => store.readAudit({ after: 0, limit: 1_000 });
  return {
    clock,
    store,
    ring,
    nonces,
    journal,
    api,
    control,
    quotas,
    usage,
    shares,
    uses,
    logged,
    accountsMade,
    asOperator,
    makeKey,
    audit,
    secrets,
  };
}

/** A source that always gives the same keys. */
export function secretSourceOf(...keys: readonly Uint8Array[]): SecretKeySource {
  return { name: "the test", read: async () => keys, settled: () => {} };
}

export type Fixture = Awaited<ReturnType<typeof openFixture>>;

function taskLookup({ tasks = {}, cold = false }: FixtureOptions) {
  const find = (account: string, id: string): TaskFacts | undefined => {
    const known = tasks[id];
    if (known?.account !== account) return undefined;
    const target = { type: "cluster", ...known.target };
    return { id, product: "native", type: "copy", ...known, target };
  };
  return {
    peek: (account: string, id: string) => (cold ? undefined : find(account, id)),
    get: async (account: string, id: string): Promise<TaskFacts> => {
      const task = find(account, id);
      if (task) return task;
      throw new DomainError("TaskNotFound", `the task ${id} was not found`, { taskId: id });
    },
  };
}

let made = 0;

/** What of a call a test may choose; `dialect`, `action` and `method` say which operation it is. */
export interface CallChoices extends Partial<Omit<AccessCall, "operation">> {
  readonly dialect?: string;
  readonly action?: string;
  readonly path?: Readonly<Record<string, string>>;
}

/** A call as the server hands it over; it is not signed unless its headers say otherwise. */
export function accessCall(choices: CallChoices = {}): AccessCall {
  const {
    path = {},
    headers = {},
    dialect = "ack",
    action = "DescribeTaskInfo",
    ...rest
  } = choices;
  const { method = "GET" } = rest;
  return {
    method,
    target: "/tasks/T-1",
    headers,
    rawHeaders: Object.entries(headers).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).flatMap((one) => [name, String(one)]),
    ),
    body: new Uint8Array(0),
    requestId: `request-${++made}`,
    operation: OPERATIONS.find({ dialect, action, method }),
    source: "192.0.2.1",
    secure: false,
    local: false,
    path,
    values: (name) => (path[name] === undefined ? [] : [path[name]]),
    named: (names) =>
      new Set([...names].flatMap((name) => (path[name] === undefined ? [] : [path[name]]))),
    ...rest,
  };
}

/** The same, signed with ACS3. */
export function signedCall(
  key: MadeKey,
  clock: FakeClock,
  over: CallChoices & { readonly nonce?: string; readonly skewMs?: number } = {},
): AccessCall {
  const { nonce = `nonce-${++made}`, skewMs = 0, ...rest } = over;
  const unsigned = accessCall(rest);
  const headers = signAcs3({
    method: unsigned.method,
    url: `http://localhost${unsigned.target}`,
    body: unsigned.body,
    headers: {
      "x-acs-action": unsigned.operation.action,
      ...(rest.headers as Record<string, string>),
    },
    key: {
      accessKeyId: key.accessKeyId,
      secret: new PreparedSecret(key.accessKeySecret),
      ...(key.securityToken !== undefined && { securityToken: key.securityToken }),
    },
    dateMs: clock.now() + skewMs,
    nonce,
  });
  return accessCall({ ...rest, headers });
}
