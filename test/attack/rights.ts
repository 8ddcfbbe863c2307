// Attacks on rights: doing with a key what it may not do.
import assert from "node:assert/strict";
import type { SignedResponse } from "../support/signed-http.ts";
import type { Attack } from "./attack.ts";
import {
  allow,
  Caller,
  CLUSTER,
  LINGJUN_CLUSTER,
  LINGJUN_NODE,
  NODE_POOL,
  policy,
  refuse,
  type World,
} from "./world.ts";

const ACK = { "x-acs-version": "2015-12-15" };
const NOTE = { type: "note" };

export function isRefused({ status, text }: SignedResponse, what: string): void {
  assert.ok(status >= 400 && status < 500, `${what}: ${status} ${text.slice(0, 300)}`);
}

export function idIn({ status, text }: SignedResponse): string {
  const { id, task_id: taskId } = JSON.parse(text) as { id?: string; task_id?: string };
  const found = id ?? taskId;
  assert.ok(status < 300 && found !== undefined, `${status} ${text}`);
  return found;
}

/** A task of ACK that the account's unrestricted key started. */
async function ackTask(world: World): Promise<string> {
  const path = `/clusters/${CLUSTER}/nodepools/${NODE_POOL}`;
  return idIn(await world.victim.full.post(path, { count: 1 }, ACK));
}

async function sessionsOutliveTheirKey(world: World): Promise<string> {
  const { account } = world.victim;
  const may = policy(allow(["taskscribe:GetTask", "taskscribe:AssumeRole", "sts:*"]));
  const key = await world.key(account, may);
  const first = await world.session(key);
  const second = await world.session(first);
  await world.operator("DeleteAccessKey", { accessKeyId: key.keys.accessKeyId });
  for (const session of [first, second]) {
    isRefused(await session.submit(NOTE), "a session of a deleted key submits");
    isRefused(await session.get("/v1/tasks"), "a session of a deleted key lists");
  }
  return "every session of a deleted key is refused";
}

async function otherDoors(world: World): Promise<string> {
  const { deny } = world.victim;
  const id = await ackTask(world);
  const doors: Readonly<Record<string, () => Promise<SignedResponse>>> = {
    vendor: () => deny.get(`/tasks/${id}`, ACK),
    native: () => deny.get(`/v1/tasks/${id}`),
    why: () => deny.get(`/v1/tasks/${id}/why`),
    events: () => deny.get(`/v1/tasks/${id}/events`),
    stream: () => deny.get(`/v1/tasks/${id}/events/stream`),
    wait: () => deny.get(`/v1/tasks/${id}/wait?timeout=0`),
    "as of": () => deny.get(`/v1/tasks/${id}?at=${Date.now()}`),
    export: () => deny.get(`/v1/tasks/${id}/export`),
    cancel: () => deny.post(`/v1/tasks/${id}/cancel`, { reason: "x" }),
    pause: () => deny.post(`/v1/tasks/${id}/pause`, { reason: "x" }),
    submit: () =>
      deny.submit({
        product: "ack",
        type: "cluster_scaleout",
        target: { type: "cluster", id: CLUSTER },
      }),
  };
  for (const [door, knock] of Object.entries(doors)) isRefused(await knock(), door);
  const list = await deny.get("/v1/tasks?limit=1000");
  assert.ok(!list.text.includes(id), "the list shows it");
  return `refused at ${Object.keys(doors).length} doors, and not in a list`;
}

/** Actions that are about all accounts, with what they take. */
const OPERATORS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  RotateSecretKey: {},
  DescribeSecretKey: {},
  DescribeSecurity: {},
  VerifyAudit: {},
  CreateAccount: { account: "mine" },
};

async function actionsOfTheOperator(world: World): Promise<string> {
  const { account, full, deny, session } = world.victim;
  const before = await world.operator("DescribeSecretKey", {});
  for (const [action, parameters] of Object.entries(OPERATORS)) {
    for (const caller of [full, deny, session]) {
      isRefused(await caller.post(`/v1/access/${action}`, parameters), action);
      const posing = { ...parameters, account, actor: "operator" };
      isRefused(await caller.post(`/v1/access/${action}`, posing), action);
    }
  }
  const after = await world.operator("DescribeSecretKey", {});
  assert.equal(after["secretKeyId"], before["secretKeyId"], "the secret key was exchanged");
  return `${Object.keys(OPERATORS).length} actions are refused to every key of an account`;
}

async function nodesOfADeniedCluster(world: World): Promise<string> {
  const { account } = world.victim;
  const resource = `acs:eflo:*:${account}:cluster/${LINGJUN_CLUSTER}`;
  const key = await world.key(account, policy(allow("*"), refuse("eflo:*", resource)));
  const calls: Readonly<Record<string, Record<string, string>>> = {
    RebootNodes: { Nodes: JSON.stringify([LINGJUN_NODE]) },
    DescribeNode: { NodeId: LINGJUN_NODE },
    ListNodeGroups: { ClusterId: LINGJUN_CLUSTER },
    DescribeCluster: { ClusterId: LINGJUN_CLUSTER },
  };
  for (const [action, form] of Object.entries(calls))
    isRefused(await key.rpc(action, form), action);
  const { text } = await world.victim.full.rpc("ListNodeGroups", { ClusterId: LINGJUN_CLUSTER });
  const NodeGroupId = JSON.parse(text).Groups[0].GroupId;
  const NewNodeGroupName = "other";
  const group = await key.rpc("UpdateNodeGroup", { NodeGroupId, NewNodeGroupName });
  assert.equal(group.status, 403, group.text);
  const types = { NodeIds: JSON.stringify([LINGJUN_NODE]), NodeType: "HostNode" };
  const changed = await key.rpc("ChangeNodeTypes", types);
  assert.equal(changed.status, 403, changed.text);
  const cluster = `acs:cs:*:${account}:cluster/${CLUSTER}`;
  const cs = await world.key(account, policy(allow("*"), refuse("cs:*", cluster)));
  const ids = encodeURIComponent(JSON.stringify([CLUSTER]));
  for (const named of [ids, CLUSTER]) {
    const headers = { "x-acs-version": "2015-12-15" };
    const path = `/users/${account}/permissions?ClusterIds=${named}`;
    const cleaned = await cs.http.send({ method: "DELETE", path, headers });
    assert.equal(cleaned.status, 403, cleaned.text);
  }
  const one = await world.key(account, policy(allow("eflo:*", resource)));
  const own = await one.rpc("DescribeNode", { NodeId: LINGJUN_NODE });
  assert.equal(own.status, 200, `a key of that cluster alone reaches its node: ${own.text}`);
  return "the cluster of a node is looked up, for both sides";
}

async function lastingRightsOfASession(world: World): Promise<string> {
  const { session, sessionOfSession, full } = world.victim;
  const document = policy(allow("*"));
  const changes: Readonly<Record<string, object>> = {
    CreateAccessKey: {},
    AttachPolicy: { name: world.name(), accessKeyId: full.keys.accessKeyId, document },
    CreateRole: { role: world.name() },
    EnableAccessKey: { accessKeyId: world.victim.disabled.keys.accessKeyId },
  };
  for (const caller of [session, sessionOfSession]) {
    for (const [action, parameters] of Object.entries(changes)) {
      isRefused(await caller.access(action, { ...parameters }), action);
    }
  }
  return "a temporary key changes no key, role or policy";
}

async function nameAsIdentity(world: World): Promise<string> {
  const { account, full } = world.victim;
  const role = world.name();
  const admin = `acs:ram::${account}:user/admin`;
  const document = {
    Version: "1",
    Statement: [
      { ...allow("*"), Condition: { StringLike: { "acs:PrincipalArn": [admin, "*admin*"] } } },
    ],
  };
  await world.operator("AttachPolicy", { name: world.name(), account, role, document });
  for (const sessionName of ["admin", "user/admin", admin]) {
    const { status, text } = await full.access("AssumeRole", { role, sessionName });
    if (status !== 200) continue;
    const session = new Caller(world.server.address, JSON.parse(text));
    isRefused(await session.submit(NOTE), `a session called ${sessionName}`);
  }
  const denied = world.name();
  const Condition = { StringLike: { "acs:PrincipalArn": `*:role/${denied}*` } };
  const deny = { Version: "1", Statement: [allow("*"), { ...refuse("*"), Condition }] };
  await world.operator("AttachPolicy", {
    name: world.name(),
    account,
    role: denied,
    document: deny,
  });
  for (const sessionName of ["somebody", "role", "x"]) {
    const { status, text } = await full.access("AssumeRole", { role: denied, sessionName });
    assert.equal(status, 200, text);
    const session = new Caller(world.server.address, JSON.parse(text));
    isRefused(await session.submit(NOTE), `a denied role as ${sessionName}`);
  }
  return "a name fulfils no condition on the principal, and escapes none";
}

const AT_ONCE_MS = 3_000;

async function streamAfterADeny(world: World): Promise<string> {
  const { account, full } = world.victim;
  const key = await world.key(account);
  const id = idIn(await full.submit({ type: "long" }));
  const stream = await key.http.listen("/v1/events");
  const wait = key.get(`/v1/tasks/${id}/wait?timeout=60`);
  const { accessKeyId } = key.keys;
  await world.operator("AttachPolicy", {
    name: world.name(),
    accessKeyId,
    document: policy(refuse("*")),
  });
  const late = new Promise((_, reject) =>
    setTimeout(() => reject(new Error("still open")), AT_ONCE_MS).unref(),
  );
  await Promise.race([stream.closed, late]);
  isRefused((await Promise.race([wait, late])) as SignedResponse, "the wait");
  return "stream and wait end within seconds";
}

async function supersede(world: World): Promise<string> {
  const { account, full } = world.victim;
  const busy = { type: "long", concurrencyKey: world.name() };
  const id = idIn(await full.submit(busy));
  const key = await world.key(account, policy(allow("*"), refuse("taskscribe:CancelTask")));
  isRefused(await key.submit({ ...busy, whenBusy: "supersede" }), "supersede");
  const { state } = JSON.parse((await full.get(`/v1/tasks/${id}`)).text) as { state: string };
  assert.equal(state, "running");
  return "superseding asks for the right to cancel";
}

async function keyThatComesBack(world: World): Promise<string> {
  const { account } = world.victim;
  for (let round = 0; round < 10; round++) {
    const key = await world.key(account);
    const { accessKeyId } = key.keys;
    const way = round % 2 === 0 ? "DeleteAccessKey" : "DisableAccessKey";
    await Promise.all([
      world.operator(way, { accessKeyId }),
      key.access("EnableAccessKey", { accessKeyId }),
      key.access("EnableAccessKey", { accessKeyId }),
    ]);
    if (way === "DisableAccessKey") {
      // Its own call may have come first or have been refused, but never undo the operator's.
      await world.operator(way, { accessKeyId });
      await key.access("EnableAccessKey", { accessKeyId });
    }
    isRefused(await key.get("/v1/counts"), `round ${round}: a ${way}d key`);
  }
  return "no deleted or disabled key comes back in 10 rounds";
}

async function attachBesideDelete(world: World): Promise<string> {
  const { account } = world.victim;
  for (let round = 0; round < 10; round++) {
    const key = await world.key(account);
    const { accessKeyId } = key.keys;
    const name = world.name();
    const document = policy(allow("taskscribe:GetTask"));
    await world.operator("AttachPolicy", { name, account, role: world.name(), document });
    const other = await world.operator("ListPolicies", { account });
    assert.ok(JSON.stringify(other).includes(name));
    await Promise.all([
      world.tryOperator("AttachPolicy", { name, accessKeyId, document }),
      world.tryOperator("DeletePolicy", { name, account }),
      world.tryOperator("DeletePolicy", { name, account }),
    ]);
    isRefused(await key.submit(NOTE), `round ${round}`);
  }
  return "an attachment without its policy denies, in 10 rounds";
}

async function denyThatNeverApplies(world: World): Promise<string> {
  const { account } = world.victim;
  for (const product of ["bdrc", "cloudcontrol"]) {
    const resource = `acs:${product}:cn-hangzhou:${account}:thing/one`;
    const key = await world.key(account);
    const { status } = await world.tryOperator("AttachPolicy", {
      name: world.name(),
      accessKeyId: key.keys.accessKeyId,
      document: policy(allow("*"), refuse(`${product}:*`, resource)),
    });
    assert.equal(status, 400, product);
  }
  return "refused when it is attached";
}

async function keysThatAreOver(world: World): Promise<string> {
  const { disabled, expired, allowOne, roleSession } = world.victim;
  await new Promise((done) => setTimeout(done, 1_100));
  for (const key of [disabled, expired]) isRefused(await key.get("/v1/counts"), "an ended key");
  for (const key of [allowOne, roleSession]) {
    isRefused(await key.submit(NOTE), "a key that may only read");
    isRefused(await key.access("CreateAccessKey"), "a restricted key makes a key");
  }
  return "disabled, expired and restricted keys stay so";
}

export const RIGHTS: readonly Attack[] = [
  { row: 1, name: "a session of a session of a deleted key", run: sessionsOutliveTheirKey },
  { row: 1, name: "keys that are disabled, expired or restricted", run: keysThatAreOver },
  { row: 2, name: "a denied product through every other door", run: otherDoors },
  { row: 4, name: "the operator's actions with keys of an account", run: actionsOfTheOperator },
  { row: 12, name: "a denied cluster through the names of its nodes", run: nodesOfADeniedCluster },
  { row: 13, name: "a temporary key makes something lasting", run: lastingRightsOfASession },
  { row: 14, name: "the name of a session as an identity", run: nameAsIdentity },
  { row: 16, name: "an open stream and wait after a Deny", run: streamAfterADeny },
  { row: 21, name: "supersede without the right to cancel", run: supersede },
  { row: 33, name: "a deleted key enables itself", run: keyThatComesBack },
  { row: 34, name: "AttachPolicy beside DeletePolicy", run: attachBesideDelete },
  { row: 36, name: "a Deny with a resource that no operation has", run: denyThatNeverApplies },
];
