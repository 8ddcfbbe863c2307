import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as cs from "@alicloud/cs20151215";
import { waitForTask } from "../../src/client/index.ts";
import {
  BDRC,
  CLOUD_CONTROL,
  csClient,
  genericClient,
  LINGJUN,
  type OpenApiCall,
  openApi,
  type Product,
} from "../support/official-clients.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const CLUSTER = "c0000000000000000000000000000da01";
const NODE_POOL = "np0000000000000000000000000000da01";
const ANY = { accessKeyId: "any", accessKeySecret: "any" };
const EAGER = { firstIntervalMs: 50, longestIntervalMs: 200 };

const folder = mkdtempSync(join(tmpdir(), "taskscribe-wait-for-task-"));
let server: ServerProcess;

before(async () => {
  server = await startServerProcess(["--data", join(folder, "data"), "--speed", "5"]);
});

after(async () => {
  await server.end("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

for (const signing of ["acs3", "v1"] as const) {
  describe(`waitForTask with the official SDKs' own clients, signing ${signing}`, () => {
    it("ACK's: to success, to a cancel, to a failure and its reason", async () => {
      const client = csClient(server.address, ANY, signing);
      const scan = async () => (await client.scanClusterVuls(CLUSTER)).body?.taskId ?? "";
      const words: string[] = [];
      const options = { ...EAGER, onProgress: ({ word }: { word: string }) => words.push(word) };
      const done = await waitForTask(client, await scan(), options);
      assert.equal(done.verdict, "succeeded");
      assert.equal(done.task["cluster_id"], CLUSTER);
      assert.deepEqual([words[0], words.at(-1)], ["running", "success"]);

      const canceled = await scan();
      await client.cancelTask(canceled);
      assert.equal((await waitForTask(client, canceled, EAGER)).verdict, "canceled");

      const tooMany = new cs.ScaleClusterNodePoolRequest({ count: 100 });
      const started = await client.scaleClusterNodePool(CLUSTER, NODE_POOL, tooMany);
      const failed = await waitForTask(client, started.body?.taskId ?? "", EAGER);
      assert.equal(failed.verdict, "failed");
      assert.equal(failed.error?.code, "QuotaExceed.ElasticQuota");
    });

    it("the generic one: Lingjun, BDRC and Cloud Control, told apart by the task's id", async () => {
      const client = genericClient(server.address, ANY, signing);
      const started = async (product: Product, action: string, request: OpenApiCall) =>
        (await openApi(server.address, ANY, signing, product, action, request)).body;
      const reboot = await started(LINGJUN, "RebootNodes", {
        body: {
          ClusterId: "i100000000000000000001",
          Nodes: JSON.stringify(["e01-cn-demo-0001"]),
        },
      });
      const update = await started(BDRC, "UpdateResources", {
        pathname: "/api/v1/resources/update",
        body: { ResourceType: "ACS::OSS::Bucket" },
      });
      const create = await started(CLOUD_CONTROL, "CreateResource", {
        pathname: "/api/v1/providers/Aliyun/products/VPC/resources/VSwitch",
        query: { regionId: "cn-beijing" },
        body: { VpcId: "vpc-nobody" },
        bodyType: "json",
      });
      const ids = [reboot.TaskId, update.Data.TaskId, create.taskId];
      const ended = await Promise.all(ids.map((id) => waitForTask(client, id, EAGER)));
      assert.deepEqual(
        ended.map(({ product, verdict }) => [product, verdict]),
        [
          ["lingjun", "succeeded"],
          ["bdrc", "succeeded"],
          ["cloudcontrol", "failed"],
        ],
      );
      assert.match(ended[2]?.error?.message ?? "", /vpc-nobody/);
    });

    it("gives up at once on an unknown task, with the error of the SDK", async () => {
      const client = csClient(server.address, ANY, signing);
      await assert.rejects(waitForTask(client, "T-000000000000000000000000", EAGER), {
        code: "400",
        statusCode: 400,
      });
    });
  });
}

describe("waitForTask and a server that restarts", () => {
  it("waits through a restart", async () => {
    const client = csClient(server.address, ANY, "acs3");
    const { body } = await client.scanClusterVuls(CLUSTER);
    const answered = Promise.withResolvers<void>();
    const options = { ...EAGER, onProgress: () => answered.resolve() };
    const waiting = waitForTask(client, body?.taskId ?? "", options);
    await answered.promise;
    const { port } = new URL(server.url);
    await server.end("SIGKILL");
    const again = ["--data", join(folder, "data"), "--speed", "5", "--port", port];
    server = await startServerProcess(again);
    assert.equal((await waiting).verdict, "succeeded");
  });
});
