import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { type Caller, CLUSTERS, Doors, submission, until } from "../support/doors.ts";

/* Rows 2, 16 and 21 of issue 14, where a door is not about one task, or its effect goes on after the call. */

const EVERYTHING = { Effect: "Allow", Action: "*", Resource: "*" };
const NATIVE = { Effect: "Allow", Action: "taskscribe:*", Resource: "*" };

let doors: Doors;
const keys = new Map<string, Caller>();
/** A task of some types, by `product/type`. */
const tasks = new Map<string, { readonly id: string }>();

before(async () => {
  doors = await Doors.open({ speed: 0.05, webhookTargets: "127.0.0.0/8" });
  const deny = (prefix: string) =>
    doors.key(EVERYTHING, { Effect: "Deny", Action: `${prefix}:*`, Resource: "*" });
  const only = (prefix: string, cluster: string) => {
    const Resource = `acs:${prefix}:*:*:cluster/${cluster}`;
    return doors.key(NATIVE, { Effect: "Allow", Action: `${prefix}:*`, Resource });
  };
  keys.set("allow all", await doors.key(EVERYTHING));
  keys.set("deny ack", await deny("cs"));
  keys.set("deny lingjun", await deny("eflo"));
  keys.set("only the cluster of ack", await only("cs", CLUSTERS["ack"] ?? ""));
  keys.set("only another cluster of ack", await only("cs", "another"));
  keys.set("only the cluster of lingjun", await only("eflo", CLUSTERS["lingjun"] ?? ""));
  for (const name of [
    "ack/cluster_upgrade",
    "ack/nodepool_delete",
    "bdrc/CHECK_RULES",
    "lingjun/reboot_node",
  ]) {
    const [product = "", type = ""] = name.split("/");
    tasks.set(name, (await doors.root.send(submission(product, type))).body);
  }
});

after(() => doors.close());

function keyNamed(name: string): Caller {
  const key = keys.get(name);
  assert.ok(key, name);
  return key;
}

function withKey(knock: ReturnType<typeof submission>, more: object) {
  return { ...knock, body: { ...knock.body, ...more } };
}

describe("row 2: what is not one task", () => {
  test("a stream of all tasks, open or not, shows what its key may read", async () => {
    const open = await keyNamed("allow all").listen("/v1/events");
    const denied = await keyNamed("deny ack").listen("/v1/events");
    const { body } = await doors.root.send(submission("ack", "cluster_upgrade"));
    const { body: native } = await doors.root.send(submission("lingjun", "reboot_node"));
    await until(() => denied.text().includes(native.id) && open.text().includes(native.id));
    assert.ok(open.text().includes(body.id));
    assert.ok(!denied.text().includes(body.id));
  });

  test("an import asks for the right to start such a task on what it names", async () => {
    const { id } = tasks.get("ack/cluster_upgrade") ?? { id: "" };
    await doors.root.send({
      method: "POST",
      path: `/v1/tasks/${id}/cancel`,
      body: { reason: "x" },
    });
    await until(async () => (await doors.root.send({ path: `/v1/tasks/${id}` })).body.endedAt);
    const { body: exported } = await doors.root.send({ path: `/v1/tasks/${id}/export` });
    const send = (key: string) =>
      keyNamed(key).send({ method: "POST", path: "/v1/tasks/import", body: { ...exported } });
    for (const key of ["deny ack", "only another cluster of ack", "only the cluster of lingjun"]) {
      assert.equal((await send(key)).status, 403, key);
    }
    for (const key of ["allow all", "only the cluster of ack", "deny lingjun"]) {
      const { status, text } = await send(key);
      assert.equal(status, 409, `${key}: it is here already, ${text}`);
    }
  });

  test("a task that is submitted may name nothing else of another cluster", async () => {
    const caller = keyNamed("only another cluster of ack");
    const target = { type: "cluster", id: "another" };
    const sneaky: readonly object[] = [
      { attributes: { clusterId: CLUSTERS["ack"] } },
      { attributes: { clusterId: "another", nodePoolId: "np0000000000000000000000000000da01" } },
      { attributes: {}, input: { instance_ids: ["i-2ze00000000000000001"] } },
      { attributes: {}, input: { deep: [{ ClusterId: CLUSTERS["ack"] }] } },
    ];
    const submit = (more: object) =>
      caller.send({
        method: "POST",
        path: "/v1/tasks",
        body: {
          product: "ack",
          type: "cluster_upgrade",
          input: {},
          target,
          validateOnly: true,
          ...more,
        },
      });
    assert.equal((await submit({})).status, 200);
    for (const more of sneaky) assert.equal((await submit(more)).status, 403, JSON.stringify(more));
  });

  test("a task of a product has no target in another account", async () => {
    const targets = [
      { type: "account", id: "1000000000000002" },
      { type: "resource", id: "acs:ecs:cn-beijing:1000000000000002:instance/i-1" },
    ];
    for (const target of targets) {
      const body = { product: "bdrc", type: "CHECK_RULES", input: {}, target, validateOnly: true };
      const { status } = await doors.root.send({ method: "POST", path: "/v1/tasks", body });
      assert.equal(status, 404, target.id);
    }
  });

  test("a parameter that an operation ignores decides nothing", async () => {
    const only = await doors.key({ Effect: "Allow", Action: "taskscribe:GetTask", Resource: "*" });
    const { id } = tasks.get("bdrc/CHECK_RULES") ?? { id: "" };
    for (const query of [`id=${id}`, `taskId=${id}`, `ids=${id}`]) {
      assert.equal((await only.send({ path: `/v1/tasks?${query}` })).status, 403, query);
    }
    const lingjun = await doors.key({
      Effect: "Allow",
      Action: "eflo:*",
      Resource: `acs:eflo:*:*:cluster/${CLUSTERS["lingjun"]}`,
    });
    const { id: own } = tasks.get("lingjun/reboot_node") ?? { id: "" };
    const body = `ClusterId=another&TaskId=${own}`;
    const headers = {
      "x-acs-version": "2022-12-15",
      "x-acs-action": "DescribeCluster",
      "content-type": "application/x-www-form-urlencoded",
    };
    assert.equal((await lingjun.send({ method: "POST", path: "/", headers, body })).status, 403);
  });

  test("who starts a task may read it, unless a statement denies it", async () => {
    const cs = { Effect: "Allow", Action: "cs:UpgradeCluster", Resource: "*" };
    const both = await doors.key(
      { Effect: "Allow", Action: "taskscribe:SubmitTask", Resource: "*" },
      cs,
    );
    const { body: made } = await both.send(submission("ack", "cluster_upgrade"));
    const describe = { path: `/tasks/${made.id}`, headers: { "x-acs-version": "2015-12-15" } };
    assert.equal((await both.send({ path: `/v1/tasks/${made.id}` })).status, 200);
    assert.equal((await both.send(describe)).status, 200);
    await doors.attach(both, { Effect: "Deny", Action: "cs:*", Resource: "*" });
    assert.equal((await both.send({ path: `/v1/tasks/${made.id}` })).status, 403);
    assert.equal((await both.send(describe)).status, 403);
  });
});

describe("row 2: work that goes on after its call", () => {
  test("a bulk operation acts with the rights that its key has when it meets each task", async () => {
    const orderer = await doors.key(EVERYTHING);
    const { body: native } = await doors.root.send(submission("lingjun", "stop_node"));
    const { body: ack } = await doors.root.send(submission("ack", "cluster_migrate"));
    await doors.attach(orderer, {
      Effect: "Deny",
      Action: ["cs:CancelTask", "eflo:StopNodes"],
      Resource: "*",
    });
    const order = { filter: "type:stop_node,cluster_migrate", action: "cancel", reason: "x" };
    const sent = { method: "POST", path: "/v1/bulk", body: order };
    const { body: bulk, status } = await orderer.send(sent);
    assert.equal(status, 201);
    await until(async () => (await doors.root.send({ path: `/v1/tasks/${bulk.id}` })).body.endedAt);
    const { body: done } = await doors.root.send({ path: `/v1/tasks/${bulk.id}` });
    assert.equal(done.outputs.done, 0);
    assert.ok(done.outputs.refused > 0);
    for (const { id } of [native, ack]) {
      assert.equal((await doors.root.send({ path: `/v1/tasks/${id}` })).body.cancel, undefined);
    }
  });

  test("nobody who is held to policies begins another key's bulk operation anew", async () => {
    const order = { filter: "type:none", action: "cancel", reason: "x" };
    const { body: bulk } = await doors.root.send({ method: "POST", path: "/v1/bulk", body: order });
    await until(async () => (await doors.root.send({ path: `/v1/tasks/${bulk.id}` })).body.endedAt);
    const retry = { method: "POST", path: `/v1/tasks/${bulk.id}/retry`, body: { reason: "x" } };
    assert.equal((await keyNamed("allow all").send(retry)).status, 403);
    assert.equal((await doors.root.send(retry)).status, 201);
  });
});

describe("row 21: another task may only be superseded or joined by who has the right to it", () => {
  test("supersede asks for the right to cancel, join for the right to read", async () => {
    const key = "doors/one";
    const { body: held } = await doors.root.send(
      withKey(submission("ack", "cluster_modify"), { concurrencyKey: key }),
    );
    const may = ["cs:ModifyCluster", "cs:DescribeTaskInfo"];
    const own = { Effect: "Allow", Action: "taskscribe:*", Resource: "*" };
    const starter = await doors.key(own, { Effect: "Allow", Action: may, Resource: "*" });
    const supersede = withKey(submission("ack", "cluster_modify"), {
      concurrencyKey: key,
      whenBusy: "supersede",
    });
    const join = withKey(submission("ack", "cluster_modify"), {
      concurrencyKey: key,
      whenBusy: "join",
    });
    assert.equal((await starter.send(supersede)).status, 403);
    assert.equal((await doors.root.send({ path: `/v1/tasks/${held.id}` })).body.cancel, undefined);
    assert.equal((await starter.send(join)).body.id, held.id);
    await doors.attach(starter, { Effect: "Deny", Action: "cs:DescribeTaskInfo", Resource: "*" });
    assert.equal((await starter.send(join)).status, 403);
    assert.equal((await doors.root.send(supersede)).status, 201);
  });
});

describe("row 16: what is open is decided again", () => {
  test("a wait and a stream of one task end when a policy takes the right away", async () => {
    const caller = await doors.key(EVERYTHING);
    const { id } = tasks.get("ack/nodepool_delete") ?? { id: "" };
    const stream = await caller.listen(`/v1/tasks/${id}/events/stream`);
    const wait = caller.send({ path: `/v1/tasks/${id}/wait?timeout=60` });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await doors.attach(caller, { Effect: "Deny", Action: "cs:DescribeTaskInfo", Resource: "*" });
    assert.equal((await wait).status, 403);
    await stream.closed;
  });

  test("a stream of all tasks, opened by a key without a policy, shows less as soon as one is attached", async () => {
    const caller = await doors.key();
    const stream = await caller.listen("/v1/events");
    const { body: before } = await doors.root.send(submission("ack", "cluster_upgrade"));
    await until(() => stream.text().includes(before.id));
    await doors.attach(caller, EVERYTHING, { Effect: "Deny", Action: "cs:*", Resource: "*" });
    const { body: hidden } = await doors.root.send(submission("ack", "cluster_upgrade"));
    const { body: shown } = await doors.root.send(submission("lingjun", "reboot_node"));
    await until(() => stream.text().includes(shown.id));
    assert.ok(!stream.text().includes(hidden.id));
  });

  test("a wait ends with the time that its policy allows", async () => {
    const end = new Date(Date.now() + 1_500).toISOString();
    const Condition = { DateLessThan: { "acs:CurrentTime": end } };
    const caller = await doors.key({ ...EVERYTHING, Condition });
    const { id } = tasks.get("ack/nodepool_delete") ?? { id: "" };
    assert.equal((await caller.send({ path: `/v1/tasks/${id}/wait?timeout=60` })).status, 403);
  });
});

describe("row 2: webhooks", () => {
  test("tell only of what the key of their maker may read, and of nothing once it is gone", async () => {
    const heard: string[] = [];
    const target = createServer((incoming, response) => {
      incoming.setEncoding("utf8").on("data", (text: string) => void heard.push(text));
      incoming.on("end", () => response.end());
    });
    await new Promise<void>((resolve) => void target.listen(0, "127.0.0.1", resolve));
    const { port } = target.address() as AddressInfo;
    const maker = await doors.key();
    const body = { url: `http://127.0.0.1:${port}/` };
    const made = await maker.send({ method: "POST", path: "/v1/webhooks", body });
    assert.equal(made.status, 201, made.text);
    const { body: first } = await doors.root.send(submission("ack", "cluster_upgrade"));
    await until(() => heard.join().includes(first.id));
    await doors.attach(maker, EVERYTHING, { Effect: "Deny", Action: "cs:*", Resource: "*" });
    const { body: hidden } = await doors.root.send(submission("ack", "cluster_upgrade"));
    const { body: shown } = await doors.root.send(submission("lingjun", "reboot_node"));
    await until(() => heard.join().includes(shown.id));
    assert.ok(!heard.join().includes(hidden.id));
    await doors.access("DeleteAccessKey", { accessKeyId: maker.accessKeyId });
    const { body: late } = await doors.root.send(submission("lingjun", "reboot_node"));
    const { entries } = (await doors.root.send({ path: `/v1/tasks/${late.id}/events` })).body;
    const last = entries.at(-1).position;
    const at = async () =>
      (await doors.root.send({ path: `/v1/webhooks/${made.body.id}` })).body.position;
    await until(async () => (await at()) >= last);
    assert.ok(!heard.join().includes(late.id));
    target.close();
  });
});

describe("row 2: keys and policies", () => {
  test("a name in the query, which is not read, decides nothing", async () => {
    const Resource = "acs:taskscribe:*:*:access/x";
    const only = await doors.key({ Effect: "Allow", Action: "taskscribe:*", Resource });
    const ask = (path: string) => only.send({ method: "POST", path, body: {} });
    assert.equal((await ask("/v1/access/ListAudit")).status, 403);
    assert.equal((await ask("/v1/access/ListAudit?name=x")).status, 400);
  });
});
