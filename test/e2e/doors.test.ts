import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Dialect } from "../../src/dialects/dialect.ts";
import { DIALECTS } from "../../src/dialects/registry.ts";
import { type Caller, CLUSTERS, Doors, type Opened, submission } from "../support/doors.ts";
import { requestOf } from "../support/spec-request.ts";

/*
 * Row 2 of issue 14: the same decision at every door. What the vendor's wire decides is found by asking it, operation by
 * operation; every door of our own API must decide the same on a task of every type.
 */

/** What lies in those clusters, by its kind. */
const MEMBERS: Readonly<Record<string, string>> = {
  "lingjun.node": "e01-cn-demo-0001",
  "lingjun.nodegroup": "ng-000000000000da01",
};

const PRODUCTS = DIALECTS.filter(({ policy }) => policy.acts === "target");
const EVERYTHING = { Effect: "Allow", Action: "*", Resource: "*" };

let doors: Doors;
const keys = new Map<string, Caller>();
/** A task of every type of every product, by `product/type`. */
const tasks = new Map<string, { readonly id: string; readonly token: string }>();

before(async () => {
  doors = await Doors.open({ speed: 0.05 });
  keys.set("allow all", await doors.key(EVERYTHING));
  for (const { name, policy } of PRODUCTS) {
    const { prefix } = policy;
    const deny = { Effect: "Deny", Action: `${prefix}:*`, Resource: "*" };
    keys.set(`deny ${name}`, await doors.key(EVERYTHING, deny));
    const own = { Effect: "Allow", Action: "taskscribe:*", Resource: "*" };
    const cluster = CLUSTERS[name];
    if (cluster === undefined) continue;
    const only = `acs:${prefix}:*:*:cluster/${cluster}`;
    const allowed = { Effect: "Allow", Action: `${prefix}:*`, Resource: only };
    keys.set(`only the cluster of ${name}`, await doors.key(own, allowed));
    const others = `acs:${prefix}:*:*:cluster/another`;
    const other = { Effect: "Allow", Action: `${prefix}:*`, Resource: others };
    keys.set(`only another cluster of ${name}`, await doors.key(own, other));
  }
  for (const { product, type } of types()) {
    const token = `token ${product} ${type}`;
    const { body, status, text } = await doors.root.send(submission(product, type, token));
    assert.equal(status, 201, text);
    tasks.set(`${product}/${type}`, { id: body.id, token });
  }
});

after(() => doors.close());

function types(): { product: string; type: string }[] {
  return PRODUCTS.flatMap(({ name, policy }) =>
    Object.keys(policy.starts ?? {}).map((type) => ({ product: name, type })),
  );
}

function productNamed(name: string): Dialect {
  const found = PRODUCTS.find((dialect) => dialect.name === name);
  assert.ok(found);
  return found;
}

/** Asks the product's own API. The calls that would change something lack what they need, and are refused after the decision. */
async function onTheWire(
  caller: Caller,
  product: string,
  action: string,
  taskId: string,
): Promise<boolean> {
  const dialect = productNamed(product);
  const spec = dialect.operations.find((one) => one.action === action);
  assert.ok(spec, `${product} has no ${action}`);
  const named = spec.params.map(({ name }) => [name, parameterOf(dialect, name, taskId)] as const);
  const values = Object.fromEntries(named.filter(([, value]) => value !== undefined));
  const knock = requestOf(dialect, spec, values as Record<string, string>);
  // The real cluster is not to be deleted: the decision comes before an unknown parameter format is refused.
  const path = `${knock.path}${knock.path.includes("?") ? "&" : "?"}Format=none`;
  const headers = {
    ...knock.headers,
    ...(dialect.style === "roa" && { accept: "application/xml" }),
  };
  const isRead = spec.role === "query-task";
  const sent = isRead ? knock : { ...knock, path, headers };
  return (await caller.send(sent)).allowed;
}

function parameterOf({ name, policy }: Dialect, parameter: string, taskId: string) {
  if (policy.taskParameters.includes(parameter)) return taskId;
  if (policy.idParameters.includes(parameter)) return CLUSTERS[name];
  const member = policy.members?.find(({ names }) => names.includes(parameter));
  if (member !== undefined) return MEMBERS[member.kind];
  return undefined;
}

const READING: Readonly<Record<string, (id: string, token: string) => string>> = {
  get: (id) => `/v1/tasks/${id}`,
  "as of": (id) => `/v1/tasks/${id}?at=2100-01-01T00:00:00Z`,
  why: (id) => `/v1/tasks/${id}/why`,
  wait: (id) => `/v1/tasks/${id}/wait?timeout=0`,
  "wait for many": (id) => `/v1/wait?ids=${id}&timeout=0`,
  log: (id) => `/v1/tasks/${id}/events`,
  "stream of one": (id) => `/v1/tasks/${id}/events/stream`,
  export: (id) => `/v1/tasks/${id}/export`,
};

const CONTROLS = { cancel: "cancel", pause: "pause", resume: "resume" } as const;

/** Whether each of the product's operations that start such a task is allowed. */
async function mayStart(caller: Caller, product: string, type: string, taskId: string) {
  const starts = productNamed(product).policy.starts?.[type] ?? [];
  assert.ok(starts.length > 0);
  const allowed: boolean[] = [];
  for (const action of starts) allowed.push(await onTheWire(caller, product, action, taskId));
  return allowed.every(Boolean);
}

/** The names of the doors that decide otherwise than the wire. */
async function differing(key: string, product: string, type: string): Promise<readonly string[]> {
  const caller = keys.get(key);
  const { id, token } = tasks.get(`${product}/${type}`) ?? { id: "", token: "" };
  assert.ok(caller);
  const { taskActions = {}, policy } = productNamed(product);
  const wrong: string[] = [];
  const expect = (door: string, opened: Opened | boolean, allowed: boolean) => {
    const isOpen = typeof opened === "boolean" ? opened : opened.allowed;
    if (isOpen !== allowed) wrong.push(`${door}: ${isOpen ? "open" : "closed"}`);
  };
  const readable = await onTheWire(caller, product, taskActions.read ?? "", id);
  for (const [door, path] of Object.entries(READING)) {
    expect(door, await caller.send({ path: path(id, token) }), readable);
  }
  const filter = `product:${product} type:${type}`;
  const listed = await caller.send({ path: `/v1/tasks?product=${product}&type=${type}` });
  expect("list", listed.text.includes(id), readable);
  const found = `/v1/tasks/by-token?product=${product}&token=${encodeURIComponent(token)}`;
  expect("find by token", await caller.send({ path: found }), readable);
  const { body: counted } = await caller.send({ path: "/v1/counts" });
  const counts = counted.counts as { product: string; type: string }[];
  expect(
    "counts",
    counts.some((one) => one.product === product && one.type === type),
    readable,
  );
  const preview = { filter, action: "cancel", reason: "x", preview: true };
  const previewed = await caller.send({ method: "POST", path: "/v1/bulk", body: preview });
  expect("bulk preview", previewed.body.count > 0, readable);
  const startable = await mayStart(caller, product, type, id);
  for (const [door, control] of Object.entries(CONTROLS)) {
    const own = taskActions[control];
    const allowed = own === undefined ? startable : await onTheWire(caller, product, own, "none");
    const isOwn =
      own === undefined ? allowed : await controlAllowed(caller, policy.prefix, own, id);
    const body = { reason: "" };
    expect(
      door,
      await caller.send({ method: "POST", path: `/v1/tasks/${id}/${door}`, body }),
      isOwn,
    );
  }
  const retry = { method: "POST", path: `/v1/tasks/${id}/retry`, body: { reason: "x" } };
  expect("retry", await caller.send(retry), startable);
  const signal = { step: "none", approved: true, reason: "x" };
  const signaled = { method: "POST", path: `/v1/tasks/${id}/signal`, body: signal };
  expect("signal", await caller.send(signaled), startable);
  const { body } = submission(product, type);
  const checked = { method: "POST", path: "/v1/tasks", body: { ...body, validateOnly: true } };
  expect("submit", await caller.send(checked), startable);
  return wrong;
}

/** What the policy says of a control on this very task, asked without doing it. */
async function controlAllowed(caller: Caller, prefix: string, action: string, id: string) {
  const asked = { accessKeyId: caller.accessKeyId, action: `${prefix}:${action}` };
  const { clusterId } = (await doors.root.send({ path: `/v1/tasks/${id}` })).body.attributes;
  const names = PRODUCTS.find(({ policy }) => policy.prefix === prefix)?.policy;
  const resource =
    names?.resource === undefined
      ? "*"
      : `acs:${prefix}:cn-hangzhou:1000000000000001:cluster/${clusterId}`;
  return (await doors.access("ExplainPolicy", { ...asked, resource }))["allowed"] === true;
}

describe("row 2: the same decision at every door", () => {
  const names = PRODUCTS.flatMap(({ name }) =>
    [
      "allow all",
      `deny ${name}`,
      ...(CLUSTERS[name] ? [`only the cluster of ${name}`, `only another cluster of ${name}`] : []),
    ].map((key) => [name, key] as const),
  );
  for (const [product, key] of names) {
    test(`on a task of every type of ${product}, with the key "${key}"`, async () => {
      const wrong: string[] = [];
      for (const one of types()) {
        if (one.product !== product) continue;
        const doorsWrong = await differing(key, product, one.type);
        wrong.push(...doorsWrong.map((door) => `${one.type}, ${door}`));
      }
      assert.deepEqual(wrong, []);
    });
  }
});
