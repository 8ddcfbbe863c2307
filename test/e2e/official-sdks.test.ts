import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import * as cs from "@alicloud/cs20151215";
import { recordCalledBy } from "../support/called-by.ts";
import {
  BDRC,
  CLOUD_CONTROL,
  csClient,
  LINGJUN,
  type OpenApiCall,
  openApi,
  type Product,
} from "../support/official-clients.ts";
import { RecordingProxy } from "../support/recording-proxy.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { calledWithSuccess, wireProblems } from "../support/wire-check.ts";

const CLUSTER = "c0000000000000000000000000000da01";
const NODE_POOL = "np0000000000000000000000000000da01";
const LINGJUN_CLUSTER = "i100000000000000000001";
const POLL_MS = 50;
const ANY = { accessKeyId: "any", accessKeySecret: "any" };

const folder = mkdtempSync(join(tmpdir(), "taskscribe-sdk-"));
let server: ServerProcess;
let proxy: RecordingProxy;
let address: string;

before(async () => {
  server = await startServerProcess(["--data", join(folder, "data"), "--speed", "4"]);
  proxy = new RecordingProxy(server.address);
  address = await proxy.listen();
});

after(async () => {
  await proxy.close();
  assert.equal(await server.end("SIGTERM"), 0);
  rmSync(folder, { recursive: true, force: true });
});

async function pollUntil<T>(read: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read();
    if (done(value)) return value;
    await sleep(POLL_MS);
  }
}

/** The products without an operation that cancels: an operator can, through our own API. */
async function cancelFromOutside(taskId: string): Promise<void> {
  const response = await fetch(`${server.url}/v1/tasks/${taskId}/cancel`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ reason: "changed my mind" }),
  });
  assert.equal(response.status, 200);
}

describe("ACK with @alicloud/cs20151215", () => {
  const scale = async (count: number): Promise<string> => {
    const request = new cs.ScaleClusterNodePoolRequest({ count });
    const { body } = await csClient(address, ANY, "acs3").scaleClusterNodePool(
      CLUSTER,
      NODE_POOL,
      request,
    );
    return body?.taskId ?? "";
  };
  const end = async (taskId: string) => {
    const client = csClient(address, ANY, "acs3");
    const read = async () => (await client.describeTaskInfo(taskId)).body;
    return pollUntil(read, (body) => body?.state !== "running");
  };

  it("scales a node pool out and watches the task to success", async () => {
    const taskId = await scale(2);
    assert.match(taskId, /^T-[0-9a-f]{24}$/);
    const body = await end(taskId);
    assert.equal(body?.state, "success", JSON.stringify(body));
    assert.equal(body?.taskId, taskId);
    assert.equal(body?.clusterId, CLUSTER);
    assert.equal(body?.taskType, "cluster_scaleout");
    const items = body?.taskResult?.map((one) => one.status);
    assert.deepEqual(items, ["success", "success"]);
    assert.match(body?.created ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/);
    assert.ok((body?.stages?.length ?? 0) > 1);
    assert.ok((body?.events?.length ?? 0) > 0);
  });

  it("pauses, resumes and cancels a task", async () => {
    const client = csClient(address, ANY, "acs3");
    const taskId = await scale(1);
    await client.pauseTask(taskId);
    assert.equal((await end(taskId))?.state, "paused");
    await client.resumeTask(taskId);
    await client.cancelTask(taskId);
    assert.equal((await end(taskId))?.state, "canceled");
  });

  it("sees a task fail, with its error", async () => {
    const body = await end(await scale(100));
    assert.equal(body?.state, "failed");
    assert.equal(body?.error?.code, "QuotaExceed.ElasticQuota");
  });

  it("reports a task that does not exist as the SDK expects it", async () => {
    const client = csClient(address, ANY, "acs3");
    await assert.rejects(client.describeTaskInfo("T-000000000000000000000000"), {
      code: "400",
      statusCode: 400,
      message: /the task T-000000000000000000000000 not found/,
    });
  });
});

function call(product: Product, action: string, request: OpenApiCall) {
  return openApi(address, ANY, "acs3", product, action, request);
}

describe("Lingjun with the generic client of @alicloud/openapi-core", () => {
  const start = async (action: string, parameters: Record<string, unknown>): Promise<string> => {
    const body = { ClusterId: LINGJUN_CLUSTER, ...parameters };
    return (await call(LINGJUN, action, { body })).body.TaskId;
  };
  const end = (TaskId: string) =>
    pollUntil(
      async () => (await call(LINGJUN, "DescribeTask", { body: { TaskId } })).body,
      ({ TaskState }) => TaskState !== "running" && TaskState !== "waiting_to_run",
    );

  it("extends a cluster by a free node", async () => {
    const NodeGroups = JSON.stringify([{ Nodes: [{ NodeId: "e01-cn-demo-0005" }] }]);
    const taskId = await start("ExtendCluster", { NodeGroups });
    assert.match(taskId, /^i\d{21}$/);
    const ended = await end(taskId);
    assert.equal(ended.TaskState, "execution_success", JSON.stringify(ended));
    assert.deepEqual(ended.NodeIds, ["e01-cn-demo-0005"]);
    assert.ok(ended.Steps.length > 1);
  });

  it("sees a canceled and a failed task end", async () => {
    const canceled = await start("RebootNodes", { Nodes: JSON.stringify(["e01-cn-demo-0001"]) });
    await cancelFromOutside(canceled);
    assert.equal((await end(canceled)).TaskState, "execution_cancelled");
    const Nodes = JSON.stringify([{ NodeId: "e01-cn-demo-0002", ImageId: "m-not-exist" }]);
    const failed = await end(await start("ReimageNodes", { Nodes }));
    assert.equal(failed.TaskState, "execution_fail");
    assert.match(failed.Message, /image m-not-exist does not exist/);
  });
});

describe("BDRC with the generic client", () => {
  const start = async (action: string, pathname: string, body: Record<string, unknown>) =>
    (await call(BDRC, action, { pathname, body })).body.Data.TaskId as string;
  const update = () =>
    start("UpdateResources", "/api/v1/resources/update", { ResourceType: "ACS::OSS::Bucket" });
  const read = (taskId: string) =>
    call(BDRC, "DescribeTask", { method: "GET", pathname: `/api/v1/tasks/${taskId}` });
  const end = (taskId: string) =>
    pollUntil(
      async () => (await read(taskId)).body.Data,
      ({ TaskStatus }) => TaskStatus !== "CREATED" && TaskStatus !== "RUNNING",
    );

  it("updates resources", async () => {
    const taskId = await update();
    assert.match(taskId, /^t-[0-9a-z]{20}$/);
    const data = await end(taskId);
    assert.equal(data.TaskStatus, "COMPLETE", JSON.stringify(data));
    assert.equal(data.Progress, 10_000);
  });

  it("sees a canceled and a failed task end", async () => {
    const canceled = await update();
    await cancelFromOutside(canceled);
    assert.equal((await end(canceled)).TaskStatus, "CANCELED");
    const ResourceArn = "acs:ecs:cn-shanghai:1:instance/i-nobody";
    const failed = await end(await start("CheckRules", "/api/v1/rules/check", { ResourceArn }));
    assert.equal(failed.TaskStatus, "FAILED");
    assert.match(failed.ErrorMessage, /i-nobody does not exist/);
  });
});

describe("Cloud Control with the generic client", () => {
  const create = (code: string, body: Record<string, unknown>) =>
    call(CLOUD_CONTROL, "CreateResource", {
      pathname: `/api/v1/providers/Aliyun/products/VPC/resources/${code}`,
      query: { regionId: "cn-beijing" },
      body,
      bodyType: "json",
    });
  const tasks = (method: string, action: string, pathname: string) =>
    call(CLOUD_CONTROL, action, { method, pathname: `/api/v1/tasks/${pathname}` });
  const end = (taskId: string) =>
    pollUntil(
      async () => (await tasks("GET", "GetTask", taskId)).body.task,
      ({ status }) => !["Pending", "Running", "Cancelling"].includes(status),
    );

  it("creates a resource, answers 202, and the task succeeds", async () => {
    const started = await create("VPC", { VpcName: "demo", CidrBlock: "192.168.0.0/16" });
    assert.equal(started.statusCode, 202);
    assert.match(started.body.taskId, /^task-[0-9a-f]+$/);
    const task = await end(started.body.taskId);
    assert.equal(task.status, "Succeeded", JSON.stringify(task));
    assert.equal(task.taskAction, "Create");
    assert.equal(task.product, "VPC");
  });

  it("creates a key pair, answers 200, without a task", async () => {
    const made = await call(CLOUD_CONTROL, "CreateResource", {
      pathname: "/api/v1/providers/Aliyun/products/ECS/resources/KeyPair",
      query: { regionId: "cn-beijing" },
      body: { KeyPairName: "demo" },
      bodyType: "json",
    });
    assert.equal(made.statusCode, 200);
    assert.equal(made.body.resourcePath, "KeyPair/demo");
    assert.equal(made.body.taskId, undefined);
    assert.equal(made.headers["x-acs-cloudcontrol-timeout"], undefined);
  });

  it("cancels a task and sees one fail", async () => {
    const { taskId } = (await create("VPC", { VpcName: "never" })).body;
    await tasks("PUT", "CancelTask", `${taskId}/operation/cancel`);
    assert.equal((await end(taskId)).status, "Cancelled");
    const failed = await end((await create("VSwitch", { VpcId: "vpc-nobody" })).body.taskId);
    assert.equal(failed.status, "Failed");
    assert.equal(failed.error.code, "OperationFailure.OperationFailed");
  });
});

describe("The answers to the TypeScript clients", () => {
  it("fit the vendor's description, for the operations in test/e2e/called-by.json", () => {
    assert.deepEqual(wireProblems(proxy.calls), []);
    const called = calledWithSuccess(proxy.calls);
    assert.deepEqual(recordCalledBy("typescript", called), called);
  });
});
