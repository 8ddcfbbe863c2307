import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { jsonFrom } from "../support/command.ts";
import { fc } from "../support/properties.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { SignedHttp, type SignedRequest, type SignedResponse } from "../support/signed-http.ts";

const ACCOUNTS = 3;
const RUNS = 25;
const CALLS_A_RUN = 60;

const folder = mkdtempSync(join(tmpdir(), "taskscribe-isolation-"));
const root = join(import.meta.dirname, "../..");
let server: ServerProcess;

interface MadeKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly account: string;
}

interface Tenant {
  readonly http: SignedHttp;
  readonly key: MadeKey;
  /** Texts that no other account may ever read. */
  readonly secrets: Set<string>;
  /** Ids of others that it has asked about itself: its own audit says so. */
  readonly asked: Set<string>;
  /** Ids of its tasks, by product. */
  readonly tasks: Record<string, string[]>;
  readonly webhooks: string[];
  readonly resources: string[];
  readonly stream: Awaited<ReturnType<SignedHttp["listen"]>>;
}

const tenants: Tenant[] = [];

before(async () => {
  const config = join(folder, "isolation.config.ts");
  writeFileSync(
    config,
    `import { defineConfig, defineTask } from ${JSON.stringify(join(root, "src/index.ts"))};
    const steps = { wait: (_, { signal }) => new Promise((done) => signal.addEventListener("abort", done)) };
    export default defineConfig({ types: [defineTask({ type: "note", steps: { only: () => {} } }), defineTask({ type: "long", steps })] });`,
  );
  const data = join(folder, "data");
  const args = ["--data", data, "--auth", "strict", "--speed", "200", "--config", config];
  server = await startServerProcess(args);
  for (let i = 0; i < ACCOUNTS; i++) {
    const { account } = await jsonFrom<{ account: string }>("account", "create", "--data", data);
    const user = `user-of-${i}-${account}`;
    const made = ["key", "create", "--account", account, "--user", user, "--data", data];
    const key = await jsonFrom<MadeKey>(...made);
    const http = new SignedHttp(server.address, key);
    const stream = await http.listen("/v1/events");
    const secrets = new Set([account, key.accessKeyId, user, `marker-${account}`]);
    tenants.push({
      http,
      key,
      secrets,
      asked: new Set(),
      tasks: {},
      webhooks: [],
      resources: [],
      stream,
    });
  }
});

after(async () => {
  for (const { http, stream } of tenants) {
    stream.close();
    http.close();
  }
  server.child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const JSON_BODY = { "content-type": "application/json" };
const FORM = { "content-type": "application/x-www-form-urlencoded" };
const ACK = { "x-acs-version": "2015-12-15" };
const LINGJUN = { "x-acs-version": "2022-12-15" };
const BDRC = { "x-acs-version": "2023-08-08" };
const CLOUD_CONTROL = { "x-acs-version": "2022-08-30" };
const CLUSTER = "c0000000000000000000000000000da01";

const json = (path: string, body: object, headers: Record<string, string> = {}): SignedRequest => ({
  method: "POST",
  path,
  headers: { ...headers, ...JSON_BODY },
  body: JSON.stringify(body),
});
const rpc = (action: string, body: Record<string, string>): SignedRequest => ({
  method: "POST",
  path: "/",
  headers: { ...LINGJUN, "x-acs-action": action, ...FORM },
  body: String(new URLSearchParams(body)),
});

/** Requests that start something. Every text that a caller can choose contains its mark. */
const starts: Readonly<Record<string, (marker: string, n: number) => SignedRequest>> = {
  ack: (marker) =>
    json(
      `/clusters/${CLUSTER}/nodepools/np0000000000000000000000000000da01`,
      { count: 1, tags: [{ key: "m", value: marker }] },
      ACK,
    ),
  lingjun: (_, n) =>
    rpc("RebootNodes", {
      ClusterId: "i100000000000000000001",
      Nodes: JSON.stringify([`e01-cn-demo-000${1 + (n % 4)}`]),
    }),
  bdrc: () => ({
    method: "POST",
    path: "/api/v1/resources/update",
    headers: { ...BDRC, ...FORM },
    body: "ResourceType=ACS%3A%3AOSS%3A%3ABucket",
  }),
  cloudcontrol: (marker) =>
    json(
      "/api/v1/providers/Aliyun/products/VPC/resources/VPC?regionId=cn-beijing",
      { VpcName: marker, CidrBlock: "10.0.0.0/8" },
      CLOUD_CONTROL,
    ),
  native: (marker, n) =>
    json("/v1/tasks", {
      type: n % 2 ? "note" : "long",
      input: { marker },
      labels: { marker },
      clientToken: `token-${n % 5}`,
    }),
};

/** Requests about one task; `id` may be anybody's. */
const abouts: readonly ((id: string) => SignedRequest)[] = [
  (id) => ({ path: `/tasks/${id}`, headers: ACK }),
  (id) => ({ method: "POST", path: `/tasks/${id}/cancel`, headers: ACK }),
  (id) => ({ method: "POST", path: `/tasks/${id}/pause`, headers: ACK }),
  (id) => rpc("DescribeTask", { TaskId: id }),
  (id) => ({ path: `/api/v1/tasks/${id}`, headers: BDRC }),
  (id) => ({ path: `/api/v1/tasks/${id}`, headers: CLOUD_CONTROL }),
  (id) => ({ method: "PUT", path: `/api/v1/tasks/${id}/operation/cancel`, headers: CLOUD_CONTROL }),
  (id) => ({ path: `/v1/tasks/${id}` }),
  (id) => ({ path: `/v1/tasks/${id}/why` }),
  (id) => ({ path: `/v1/tasks/${id}/events` }),
  (id) => ({ path: `/v1/tasks/${id}/export` }),
  (id) => ({ path: `/v1/tasks/${id}/wait?timeout=0` }),
  (id) => json(`/v1/tasks/${id}/cancel`, { reason: "r" }),
  (id) => json(`/v1/tasks/${id}/pause`, { reason: "r" }),
  (id) => json(`/v1/tasks/${id}/retry`, { reason: "r" }),
];

const filtered = (filter: string) => `/v1/tasks?filter=${encodeURIComponent(filter)}`;

/** Further requests, only for ids of other accounts, because some would wait for tasks of one's own. */
const aboutsOfOthers: readonly ((id: string) => SignedRequest)[] = [
  (id) => ({ path: `/v1/tasks/${id}?at=${Date.now()}` }),
  (id) => ({ path: `/tasks/${id}?taskscribeAt=${Date.now()}`, headers: ACK }),
  (id) => ({ path: `/v1/tasks/${id}/events/stream` }),
  (id) => ({ path: `/v1/wait?for=any&timeout=0&ids=${id}` }),
  (id) => json(`/v1/tasks/${id}/signal`, { step: "s", decision: "approve", reason: "r" }),
  (id) => json(`/v1/tasks/${id}/resume`, { reason: "r" }),
  (id) => json("/v1/bulk", { filter: `id:${id}`, action: "cancel", reason: "r", preview: true }),
  (id) => ({ path: filtered(`id:${id}`) }),
  (id) => ({ path: filtered(`parent:${id}`) }),
  (id) => ({ path: filtered(`fork:${id}`) }),
  (id) => ({ path: `/tasks/${id}`, headers: { ...ACK, accept: "application/xml" } }),
];

const VPC = "/api/v1/providers/Aliyun/products/VPC/resources/VPC";
const aboutResources: readonly ((id: string) => SignedRequest)[] = [
  (id) => ({ path: `${VPC}/${id}?regionId=cn-beijing`, headers: CLOUD_CONTROL }),
  (id) => ({
    method: "DELETE",
    path: `${VPC}/${id}?regionId=cn-beijing`,
    headers: CLOUD_CONTROL,
  }),
  (id) => ({
    ...json(`${VPC}/${id}?regionId=cn-beijing`, { VpcName: "other" }, CLOUD_CONTROL),
    method: "PUT",
  }),
  (id) => ({ path: filtered(`target:${id}`) }),
];

/** Requests that list or count; whatever they answer must be the caller's own. */
const lists: readonly (() => SignedRequest)[] = [
  () => ({ path: "/v1/tasks?limit=1000" }),
  () => ({ path: "/v1/counts" }),
  () => ({ path: "/v1/webhooks" }),
  () => ({ path: "/v1/tasks/by-token?token=token-1&type=note" }),
  () => ({ path: `/clusters/${CLUSTER}/tasks`, headers: ACK }),
  () => ({ path: "/api/v1/tasks", headers: BDRC }),
  () => ({
    path: "/api/v1/providers/Aliyun/products/VPC/resources/VPC?regionId=cn-beijing",
    headers: CLOUD_CONTROL,
  }),
  () => json("/v1/access/ListAccessKeys", {}),
  () => json("/v1/access/ListAccounts", {}),
  () => json("/v1/access/ListPolicies", {}),
  () => json("/v1/access/ListAudit", { limit: 1_000 }),
];

const PRODUCTS = Object.keys(starts);
const call = fc.record({
  who: fc.nat(ACCOUNTS - 1),
  whose: fc.nat(ACCOUNTS - 1),
  product: fc.constantFrom(...PRODUCTS),
  kind: fc.constantFrom("start", "start", "about", "about", "about", "resource", "list", "hook"),
  n: fc.nat(1_000),
});
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

/** Checks that the text contains nothing of another account, except what the caller itself has sent. */
function assertClean(caller: Tenant, text: string, sent: string, of: string): void {
  const shown = sent === "" ? text : text.replaceAll(sent, "");
  for (const other of tenants) {
    if (other === caller) continue;
    for (const secret of other.secrets) {
      if (of.includes("ListAudit") && caller.asked.has(secret)) continue;
      const at = shown.indexOf(secret);
      const near = shown.slice(Math.max(0, at - 200), at + 200);
      assert.ok(at < 0, `${of} shows ${secret} of another account: … ${near} …`);
    }
  }
}

function remember(tenant: Tenant, product: string, { text }: SignedResponse): void {
  const id = /"(?:task_id|TaskId|taskId|id)":"([^"]+)"/.exec(text)?.[1];
  if (id === undefined) return;
  tenant.secrets.add(id);
  tenant.tasks[product] = [...(tenant.tasks[product] ?? []), id];
  const resource = /"resourceId":"([^"]+)"/.exec(text)?.[1];
  if (resource === undefined) return;
  tenant.secrets.add(resource);
  tenant.resources.push(resource);
}

/** An id with the same form and length that does not exist. */
function unknownLike(id: string): string {
  const last = id.at(-1) === "0" ? "1" : "0";
  return id.slice(0, -6) + last.repeat(6);
}

/** An answer without the requested id and without values that differ each time. */
function visible({ status, headers, text }: SignedResponse, id: string) {
  const { date: _, "x-acs-request-id": requestId, ...rest } = headers;
  const plain = text.replaceAll(id, "ID").replaceAll(String(requestId), "REQUEST");
  return { status, headers: rest, text: plain };
}

async function perform({ who, whose, product, kind, n }: Call): Promise<void> {
  const caller = tenants[who] as Tenant;
  if (kind === "start") {
    const request = starts[product]?.(`marker-${caller.key.account}`, n) as SignedRequest;
    const answer = await caller.http.send(request);
    assertClean(caller, answer.text, "", `starting with ${product}`);
    if (answer.status < 300) remember(caller, product, answer);
    return;
  }
  if (kind === "list") {
    const request = (lists[n % lists.length] as () => SignedRequest)();
    const answer = await caller.http.send(request);
    assertClean(caller, answer.text, "", `${request.method ?? "GET"} ${request.path}`);
    return;
  }
  if (kind === "hook") return performHook(caller, tenants[whose] as Tenant, n);
  const { id, about } = aboutOne(tenants[whose] as Tenant, who === whose, kind, product, n);
  if (id !== undefined && about !== undefined) await ask(caller, id, about, who === whose);
}

function aboutOne(owner: Tenant, own: boolean, kind: string, product: string, n: number) {
  if (kind === "resource") {
    const about = oneOf(own ? aboutResources.slice(0, 1) : aboutResources, n);
    return { id: oneOf(owner.resources, n), about };
  }
  const about = oneOf(own ? abouts : [...abouts, ...aboutsOfOthers], n);
  return { id: oneOf(owner.tasks[product] ?? [], n), about };
}

function oneOf<T>(items: readonly T[], n: number): T | undefined {
  return items[n % Math.max(1, items.length)];
}

async function ask(
  caller: Tenant,
  id: string,
  about: (id: string) => SignedRequest,
  own: boolean,
): Promise<void> {
  const request = about(id);
  const name = `${request.method ?? "GET"} ${request.path} ${request.body ?? ""}`;
  if (!own) caller.asked.add(id);
  const answer = await caller.http.send(request);
  assertClean(caller, answer.text, own ? "" : id, name);
  if (own) {
    if (/\/retry$/.test(request.path) && answer.status < 300) remember(caller, "native", answer);
    return;
  }
  const unknown = unknownLike(id);
  const nobodys = await caller.http.send(about(unknown));
  assert.deepEqual(visible(answer, id), visible(nobodys, unknown), name);
}

async function performHook(caller: Tenant, other: Tenant, n: number): Promise<void> {
  if (n % 3 === 0) {
    const url = `https://example.com/marker-${caller.key.account}`;
    const answer = await caller.http.send(json("/v1/webhooks", { url }));
    assertClean(caller, answer.text, "", "making a webhook");
    const id = /"id":"([^"]+)"/.exec(answer.text)?.[1];
    if (id !== undefined) {
      caller.webhooks.push(id);
      caller.secrets.add(id);
    }
    return;
  }
  const id = other.webhooks[n % Math.max(1, other.webhooks.length)];
  if (id === undefined || other === caller) return;
  const method = n % 3 === 1 ? "GET" : "DELETE";
  const about = (one: string): SignedRequest => ({ method, path: `/v1/webhooks/${one}` });
  await ask(caller, id, about, false);
}

describe("three accounts in strict mode", () => {
  it("never see anything of each other", async () => {
    const calls = fc.array(call, { minLength: CALLS_A_RUN, maxLength: CALLS_A_RUN });
    const property = fc.asyncProperty(calls, async (all) => {
      for (const one of all) await perform(one);
    });
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
    for (const tenant of tenants)
      assertClean(tenant, tenant.stream.text(), "", "the stream of events");
    // Or the test would have shown nothing.
    const made = tenants.map(({ tasks }) => Object.values(tasks).flat().length);
    assert.ok(
      made.every((count) => count > 10),
      String(made),
    );
  });

  it("cannot touch each other's keys, which answer as keys that do not exist", async () => {
    const [caller, other] = tenants as [Tenant, Tenant];
    for (const action of ["DisableAccessKey", "EnableAccessKey", "DeleteAccessKey"]) {
      const about = (accessKeyId: string) => json(`/v1/access/${action}`, { accessKeyId });
      await ask(caller, other.key.accessKeyId, about, false);
    }
    assert.equal((await other.http.send({ path: "/v1/tasks" })).status, 200);
  });

  it("answer for another account's task as fast as for one that does not exist", async () => {
    const [caller, other] = tenants as [Tenant, Tenant];
    const foreign = other.tasks["native"]?.at(-1) as string;
    // Other work on this machine can disturb one measurement, but hardly three.
    const ratios: number[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      const ratio = await timeRatio(caller, foreign, unknownLike(foreign));
      ratios.push(ratio);
      if (ratio > 0.67 && ratio < 1.5) return;
    }
    assert.fail(`the medians differ: ${ratios}`);
  });
});

async function timeRatio(caller: Tenant, foreign: string, unknown: string): Promise<number> {
  const times: Record<string, number[]> = { [foreign]: [], [unknown]: [] };
  for (let i = 0; i < 200; i++) {
    for (const id of i % 2 ? [foreign, unknown] : [unknown, foreign]) {
      const began = process.hrtime.bigint();
      await caller.http.send({ path: `/v1/tasks/${id}` });
      times[id]?.push(Number(process.hrtime.bigint() - began));
    }
  }
  return median(times[foreign] ?? []) / median(times[unknown] ?? []);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
