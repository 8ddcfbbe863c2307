import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import CsModule, * as cs from "@alicloud/cs20151215";
import { $OpenApiUtil } from "@alicloud/openapi-core";
import { BDRC, CLOUD_CONTROL, LINGJUN, openApi } from "../support/official-clients.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const CsClient = CsModule.default;
const CLUSTER = "c0000000000000000000000000000da01";
const NODE_POOL = "np0000000000000000000000000000da01";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-hold-"));
let server: ServerProcess;

before(async () => {
  process.env["TASKSCRIBE_HOLD"] = "*=2.5";
  server = await startServerProcess(["--data", join(folder, "data"), "--speed", "10"]);
  delete process.env["TASKSCRIBE_HOLD"];
});
after(async () => {
  assert.equal(await server.end("SIGTERM"), 0);
  rmSync(folder, { recursive: true, force: true });
});

describe("an unmodified @alicloud/cs20151215 poller, with hold on for every product", () => {
  it("ends within 100 ms of the task's end, with few polls", async () => {
    const client = new CsClient(
      new $OpenApiUtil.Config({
        accessKeyId: "any",
        accessKeySecret: "any",
        endpoint: server.address,
        protocol: "http",
        regionId: "cn-hangzhou",
      }),
    );
    const request = new cs.ScaleClusterNodePoolRequest({ count: 2 });
    const started = await client.scaleClusterNodePool(CLUSTER, NODE_POOL, request);
    const taskId = started.body?.taskId ?? "";
    let polls = 0;
    for (let state = "running"; state === "running"; ) {
      const { body } = await client.describeTaskInfo(taskId);
      polls += 1;
      state = body?.state ?? "";
    }
    const told = Date.now();
    const answer = await fetch(`${server.url}/v1/tasks/${taskId}`);
    const task = (await answer.json()) as { state: string; endedAt: string; version: number };
    assert.equal(task.state, "succeeded");
    const late = told - Date.parse(task.endedAt);
    assert.ok(late <= 100, `it heard of the end after ${late} ms`);
    assert.ok(polls <= task.version + 2, `${polls} polls for ${task.version} changes`);
  });
});

describe("the official generic client's poller of the other products", () => {
  const ANY = { accessKeyId: "any", accessKeySecret: "any" };
  const call = (...[product, action, request]: Call) =>
    openApi(server.address, ANY, "acs3", product, action, request);
  type Call =
    Parameters<typeof openApi> extends [unknown, unknown, unknown, ...infer Rest] ? Rest : never;
  const reads = (pathname: string) => ({ method: "GET", pathname });

  const pollers = {
    lingjun: {
      start: async () => {
        const Nodes = JSON.stringify(["e01-cn-demo-0001"]);
        const body = { ClusterId: "i100000000000000000001", Nodes };
        return (await call(LINGJUN, "RebootNodes", { body })).body.TaskId;
      },
      read: async (TaskId: string) =>
        (await call(LINGJUN, "DescribeTask", { body: { TaskId } })).body.TaskState,
      goesOn: ["waiting_to_run", "running"],
    },
    bdrc: {
      start: async () => {
        const body = { ResourceType: "ACS::OSS::Bucket" };
        const pathname = "/api/v1/resources/update";
        return (await call(BDRC, "UpdateResources", { pathname, body })).body.Data.TaskId;
      },
      read: async (id: string) =>
        (await call(BDRC, "DescribeTask", reads(`/api/v1/tasks/${id}`))).body.Data.TaskStatus,
      goesOn: ["CREATED", "RUNNING"],
    },
    cloudcontrol: {
      start: async () => {
        const pathname = "/api/v1/providers/Aliyun/products/VPC/resources/VPC";
        const body = { VpcName: "demo", CidrBlock: "192.168.0.0/16" };
        const request = { pathname, query: { regionId: "cn-beijing" }, body };
        const json = { ...request, bodyType: "json" as const };
        return (await call(CLOUD_CONTROL, "CreateResource", json)).body.taskId;
      },
      read: async (id: string) =>
        (await call(CLOUD_CONTROL, "GetTask", reads(`/api/v1/tasks/${id}`))).body.task.status,
      goesOn: ["Pending", "Running"],
    },
  };

  for (const [product, { start, read, goesOn }] of Object.entries(pollers)) {
    it(`${product}: learns of the end from a poll that was already running`, async () => {
      let early = false;
      // A poller that the machine kept waiting may ask after the end: another task, then.
      for (let tries = 0; tries < 3 && !early; tries++) {
        const id = String(await start());
        let asked = 0;
        let polls = 0;
        for (let state = goesOn[0] ?? ""; goesOn.includes(state); polls++) {
          asked = Date.now();
          state = await read(id);
        }
        const answer = await fetch(`${server.url}/v1/tasks/${id}`);
        const task = (await answer.json()) as { endedAt: string; version: number };
        early = asked <= Date.parse(task.endedAt);
        assert.ok(polls <= task.version + 2, `${polls} polls for ${task.version} changes`);
      }
      assert.ok(early, "the last poll was asked before the end");
    });
  }
});
