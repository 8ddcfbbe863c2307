import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import * as cs from "@alicloud/cs20151215";
import { jsonFrom } from "../support/command.ts";
import {
  ACK,
  BDRC,
  CLOUD_CONTROL,
  csClient,
  type Keys,
  LINGJUN,
  openApi,
  popRoa,
  popRpc,
  type Signing,
} from "../support/official-clients.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const CLUSTER = "c0000000000000000000000000000da01";
const NODE_POOL = "np0000000000000000000000000000da01";
const LINGJUN_CLUSTER = "i100000000000000000001";
const POLL_MS = 50;

const folder = mkdtempSync(join(tmpdir(), "taskscribe-strict-"));
const data = join(folder, "data");
let server: ServerProcess;
let permanent: Keys;
let temporary: Keys;

before(async () => {
  // One before the server runs, one through it.
  permanent = await jsonFrom<Keys>("key", "create", "--data", data);
  server = await startServerProcess(["--data", data, "--auth", "strict", "--speed", "50"]);
  temporary = await jsonFrom<Keys>("sts", "create", "--data", data);
});

after(async () => {
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

const withEach = (name: string, run: (keys: () => Keys, signing: Signing) => Promise<void>) => {
  for (const signing of ["acs3", "v1"] as const) {
    it(`${name}, ${signing}`, () => run(() => permanent, signing));
    it(`${name}, ${signing}, temporary key`, () => run(() => temporary, signing));
  }
};

describe("strict mode with @alicloud/cs20151215", () => {
  withEach("ACK: scales a node pool out and polls the task", async (keys, signing) => {
    const client = csClient(server.address, keys(), signing);
    const request = new cs.ScaleClusterNodePoolRequest({ count: 1 });
    const started = await client.scaleClusterNodePool(CLUSTER, NODE_POOL, request);
    const { body } = await pollUntil(
      () => client.describeTaskInfo(started.body?.taskId ?? ""),
      (answer) => answer.body?.state !== "running",
    );
    assert.equal(body?.state, "success", JSON.stringify(body));
  });
});

describe("strict mode with @alicloud/openapi-core", () => {
  withEach("Lingjun: reboots a node and polls the task", async (keys, signing) => {
    const call = (action: string, body: Record<string, unknown>) =>
      openApi(server.address, keys(), signing, LINGJUN, action, { body });
    const Nodes = JSON.stringify(["e01-cn-demo-0001"]);
    const started = await call("RebootNodes", { ClusterId: LINGJUN_CLUSTER, Nodes });
    const { TaskId } = started.body;
    const ended = await pollUntil(
      async () => (await call("DescribeTask", { TaskId })).body,
      ({ TaskState }) => TaskState !== "running" && TaskState !== "waiting_to_run",
    );
    assert.equal(ended.TaskState, "execution_success", JSON.stringify(ended));
  });

  withEach("BDRC: updates resources and polls the task", async (keys, signing) => {
    const started = await openApi(server.address, keys(), signing, BDRC, "UpdateResources", {
      pathname: "/api/v1/resources/update",
      body: { ResourceType: "ACS::OSS::Bucket" },
    });
    const pathname = `/api/v1/tasks/${started.body.Data.TaskId}`;
    const { Data } = await pollUntil(
      async () =>
        (
          await openApi(server.address, keys(), signing, BDRC, "DescribeTask", {
            method: "GET",
            pathname,
          })
        ).body,
      (body) => !["CREATED", "RUNNING"].includes(body.Data.TaskStatus),
    );
    assert.equal(Data.TaskStatus, "COMPLETE");
  });

  withEach("Cloud Control: creates a resource and polls the task", async (keys, signing) => {
    const call = (action: string, request: Parameters<typeof openApi>[5]) =>
      openApi(server.address, keys(), signing, CLOUD_CONTROL, action, request);
    const started = await call("CreateResource", {
      pathname: "/api/v1/providers/Aliyun/products/VPC/resources/VPC",
      query: { regionId: "cn-beijing" },
      body: { VpcName: "demo ~*'()!", CidrBlock: "192.168.0.0/16" },
      bodyType: "json",
    });
    const pathname = `/api/v1/tasks/${started.body.taskId}`;
    const { task } = await pollUntil(
      async () => (await call("GetTask", { method: "GET", pathname })).body,
      (body) => !["Pending", "Running"].includes(body.task.status),
    );
    assert.equal(task.status, "Succeeded", JSON.stringify(task));
  });

  withEach("escapes in path and query are signed as they travel", async (keys, signing) => {
    const call = openApi(server.address, keys(), signing, ACK, "DescribeTaskInfo", {
      method: "GET",
      pathname: "/tasks/T-1%2F2%20%E4%B8%AD",
      query: { "a b": "c d+e*~'()!", empty: "" },
    });
    await assert.rejects(call, { code: "400", message: /the task .* not found/ });
  });
});

describe("strict mode with @alicloud/pop-core", () => {
  for (const kind of ["permanent", "temporary"] as const) {
    const keys = () => (kind === "permanent" ? permanent : temporary);

    it(`ROA v1: BDRC, ${kind} key`, async () => {
      const client = popRoa(server.address, keys(), BDRC.version);
      const list = await client.request<{ Data: object }>("GET", "/api/v1/tasks", {
        MaxResults: "5",
      });
      assert.ok(list.Data);
    });

    it(`RPC v1: Lingjun by GET and POST, ${kind} key`, async () => {
      const client = popRpc(server.address, keys(), LINGJUN.version);
      const Nodes = JSON.stringify(["e01-cn-demo-0002"]);
      const parameters = { ClusterId: LINGJUN_CLUSTER, Nodes };
      const started = await client.request<{ TaskId: string }>("RebootNodes", parameters, {
        method: "POST",
      });
      const asked = { TaskId: started.TaskId };
      const { TaskState } = await pollUntil(
        () => client.request<{ TaskState: string }>("DescribeTask", asked),
        (answer) => answer.TaskState.startsWith("execution"),
      );
      assert.equal(TaskState, "execution_success");
    });
  }
});

describe("what strict mode refuses, as official clients see it", () => {
  const describeOne = (keys: Keys, signing: Signing) =>
    csClient(server.address, keys, signing).describeTaskInfo("T-000000000000000000000000");

  it("an unknown key", async () => {
    await assert.rejects(describeOne({ ...permanent, accessKeyId: "LTAInobody" }, "acs3"), {
      code: "InvalidAccessKeyId.NotFound",
      statusCode: 404,
    });
  });

  it("a wrong secret, with the server's string to sign", async () => {
    const wrong = { ...permanent, accessKeySecret: "wrong" };
    await assert.rejects(describeOne(wrong, "acs3"), {
      code: "SignatureDoesNotMatch",
      message: /server StringToSign is \[ACS3-HMAC-SHA256\n/,
    });
    await assert.rejects(describeOne(wrong, "v1"), {
      code: "SignatureDoesNotMatch",
      message: /server string to sign is:GET\napplication\/json\n/,
    });
    await assert.rejects(
      popRpc(server.address, wrong, LINGJUN.version).request("DescribeTask", {}),
      {
        code: "SignatureDoesNotMatch",
        message: /server string to sign is:GET&%2F&AccessKeyId%3D/,
      },
    );
  });

  it("a temporary key without its token", async () => {
    const { securityToken: _, ...without } = temporary;
    await assert.rejects(describeOne(without, "acs3"), { code: "MissingSecurityToken" });
  });

  it("a key that is disabled while its client waits", async () => {
    const own = await jsonFrom<Keys>("key", "create", "--data", data);
    const client = csClient(server.address, own, "acs3");
    await assert.rejects(client.describeTaskInfo("T-1"), { code: "400" });
    await jsonFrom("key", "disable", own.accessKeyId, "--data", data);
    await assert.rejects(client.describeTaskInfo("T-1"), { code: "InvalidAccessKeyId.Inactive" });
    await jsonFrom("key", "enable", own.accessKeyId, "--data", data);
    await assert.rejects(client.describeTaskInfo("T-1"), { code: "400" });
    await jsonFrom("key", "delete", own.accessKeyId, "--data", data);
    await assert.rejects(client.describeTaskInfo("T-1"), { code: "InvalidAccessKeyId.NotFound" });
  });

  it("what a policy does not allow, with the detail", async () => {
    const own = await jsonFrom<Keys>("key", "create", "--data", data);
    const document = join(folder, "policy.json");
    const Statement = [{ Effect: "Allow", Action: "eflo:Describe*", Resource: "*" }];
    writeFileSync(document, JSON.stringify({ Version: "1", Statement }));
    const attach = [
      "policy",
      "attach",
      "readers",
      "--key",
      own.accessKeyId,
      "--document",
      document,
    ];
    await jsonFrom(...attach, "--data", data);
    const error = await csClient(server.address, own, "acs3")
      .describeTaskInfo("T-1")
      .then(
        () => assert.fail("was allowed"),
        (refused: { code: string; accessDeniedDetail?: Record<string, string> }) => refused,
      );
    assert.equal(error.code, "Forbidden.RAM");
    assert.equal(error.accessDeniedDetail?.["AuthAction"], "cs:DescribeTaskInfo");
    assert.equal(error.accessDeniedDetail?.["NoPermissionType"], "ImplicitDeny");
    const call = openApi(server.address, own, "acs3", LINGJUN, "DescribeTask", {
      body: { TaskId: "i100000000000000000099" },
    });
    await assert.rejects(call, { code: "ResourceNotFound" });
  });

  it("an operation that does not exist only after the signature", async () => {
    const address = `http://${server.address}`;
    for (const path of ["/nothing", "/?Action=NoSuchAction", "/tasks/"]) {
      const answer = (await (await fetch(address + path)).json()) as { Code: string };
      assert.match(answer.Code, /^(IncompleteSignature|MissingAccessKeyId)$/, path);
    }
    const call = (keys: Keys) =>
      openApi(server.address, keys, "acs3", LINGJUN, "NoSuchAction", { body: {} });
    await assert.rejects(call({ ...permanent, accessKeySecret: "wrong" }), {
      code: "SignatureDoesNotMatch",
    });
    await assert.rejects(call(permanent), { code: "InvalidAction.NotFound", statusCode: 404 });
  });
});
