import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-as-of-"));
let server: ServerProcess;

before(async () => {
  server = await startServerProcess(["--data", join(folder, "data"), "--speed", "50"]);
});
after(async () => {
  assert.equal(await server.end("SIGTERM"), 0);
  rmSync(folder, { recursive: true, force: true });
});

interface Product {
  readonly version: string;
  /** Starts an operation; gives the task's id. */
  readonly start: readonly [method: string, path: string, body: string];
  readonly taskId: (answer: Answer) => unknown;
  readonly describe: (id: string) => readonly [path: string, action?: string];
  readonly state: (answer: Answer) => unknown;
  readonly open: readonly string[];
  readonly ended: string;
}

// biome-ignore lint/suspicious/noExplicitAny: four products, four shapes
type Answer = any;

const NODES = JSON.stringify([{ Nodes: [{ NodeId: "e01-cn-demo-0005" }] }]);
const PRODUCTS: Readonly<Record<string, Product>> = {
  ack: {
    version: "2015-12-15",
    start: [
      "POST",
      "/clusters/c0000000000000000000000000000da01/nodepools/np0000000000000000000000000000da01",
      '{"count":1}',
    ],
    taskId: ({ task_id }) => task_id,
    describe: (id) => [`/tasks/${id}`],
    state: ({ state }) => state,
    open: ["running"],
    ended: "success",
  },
  lingjun: {
    version: "2022-12-15",
    start: [
      "POST",
      `/?Action=ExtendCluster&ClusterId=i100000000000000000001&NodeGroups=${encodeURIComponent(NODES)}`,
      "",
    ],
    taskId: ({ TaskId }) => TaskId,
    describe: (id) => [`/?TaskId=${id}`, "DescribeTask"],
    state: ({ TaskState }) => TaskState,
    open: ["waiting_to_run", "running"],
    ended: "execution_success",
  },
  bdrc: {
    version: "2023-08-08",
    start: ["POST", "/api/v1/resources/update?ResourceType=ACS%3A%3AOSS%3A%3ABucket", ""],
    taskId: ({ Data }) => Data.TaskId,
    describe: (id) => [`/api/v1/tasks/${id}`],
    state: ({ Data }) => Data?.TaskStatus,
    open: ["CREATED", "RUNNING"],
    ended: "COMPLETE",
  },
  cloudcontrol: {
    version: "2022-08-30",
    start: [
      "POST",
      "/api/v1/providers/Aliyun/products/VPC/resources/VPC?regionId=cn-beijing",
      '{"VpcName":"demo","CidrBlock":"192.168.0.0/16"}',
    ],
    taskId: ({ taskId }) => taskId,
    describe: (id) => [`/api/v1/tasks/${id}`],
    state: ({ task }) => task?.status,
    open: ["Pending", "Running"],
    ended: "Succeeded",
  },
};

describe("every dialect describes a task as of a time in the past", () => {
  for (const [name, product] of Object.entries(PRODUCTS)) {
    it(name, async () => {
      const [method, path, body] = product.start;
      const started = await ask(product, method, path, undefined, body);
      const id = String(product.taskId(started.body));
      const waited = await fetch(`${server.url}/v1/tasks/${id}/wait?timeout=30`);
      const { task } = (await waited.json()) as Answer;
      assert.equal(task.state, "succeeded", JSON.stringify(task));
      const [described, action] = product.describe(id);
      const plain = await ask(product, "GET", described, action);
      assert.equal(product.state(plain.body), product.ended);
      const created = Date.parse(task.createdAt);
      const join = described.includes("?") ? "&" : "?";
      const at = (moment: string | number) =>
        ask(product, "GET", `${described}${join}taskscribeAt=${moment}`, action);
      assert.ok(product.open.includes(String(product.state((await at(created)).body))));
      assert.equal(product.state((await at(task.endedAt)).body), product.ended);
      const tooEarly = await at(created - 1);
      const nobody = await ask(product, "GET", described.replace(id, `${id}0`), action);
      assert.equal(tooEarly.status, nobody.status, JSON.stringify(tooEarly.body));
      const codes = [tooEarly, nobody].map((one) => JSON.stringify(one.body).includes("NotFound"));
      assert.equal(codes[0], codes[1]);
      const byHeader = await ask(product, "GET", described, action, "", {
        "x-taskscribe-at": String(created),
      });
      assert.ok(product.open.includes(String(product.state(byHeader.body))));
      assert.equal((await at("yesterday")).status, 400);
    });
  }
});

async function ask(
  { version }: Product,
  method: string,
  path: string,
  action?: string,
  body = "",
  more: Record<string, string> = {},
) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      "x-acs-version": version,
      ...(action !== undefined && { "x-acs-action": action }),
      ...(body.startsWith("{") && { "content-type": "application/json" }),
      ...more,
    },
    ...(body !== "" && { body }),
  });
  return { status: response.status, body: (await response.json()) as Answer };
}
