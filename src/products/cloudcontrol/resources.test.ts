import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeCloud } from "../../../test/support/fake-step-context.ts";
import { productNamed } from "../../../test/support/product-suite.ts";
import type { JsonObject } from "../../core/json.ts";
import { RESOURCE_TYPES } from "./resource-types.ts";

function cloud(): FakeCloud {
  return new FakeCloud(productNamed("cloudcontrol"));
}

function at(product: string, path: string, more: JsonObject = {}): JsonObject {
  return { provider: "Aliyun", product, tail: path.split("/"), ...more };
}

async function create(cc: FakeCloud, product: string, path: string, body: JsonObject = {}) {
  const plan = await cc.plan("CreateResource", at(product, path, { body }));
  const task = await cc.run(plan);
  assert.equal(task.state, "succeeded", task.error?.message);
  return String(plan.reply?.["resourcePath"]);
}

async function get(cc: FakeCloud, product: string, path: string): Promise<JsonObject> {
  const { resource } = await cc.query("GetResources", at(product, path));
  return (resource as JsonObject)["resourceAttributes"] as JsonObject;
}

describe("a resource", () => {
  it("is made with an id of its product, and shown as such", async () => {
    const cc = cloud();
    const body = { InstanceName: "web", Password: "Secret-1" };
    const plan = await cc.plan(
      "CreateResource",
      at("ecs", "Instance", { body, regionId: "cn-beijing" }),
    );
    const id = String(plan.reply?.["resourceId"]);
    assert.match(id, /^i-[0-9a-z]{20}$/);
    assert.deepEqual(plan.reply, { resourceId: id, resourcePath: `Instance/${id}` });
    assert.deepEqual(plan.attributes, {
      taskAction: "Create",
      product: "ECS",
      regionId: "cn-beijing",
      resourceType: "Instance",
      resourcePath: `Instance/${id}`,
      resourceId: id,
    });
    assert.deepEqual(plan.target, { type: "Instance", id: `Instance/${id}` });
    assert.deepEqual(cc.resources.snapshot(), []);
    await cc.run(plan);
    assert.deepEqual(await get(cc, "ECS", `Instance/${id}`), {
      InstanceType: "ecs.g7.large",
      InstanceChargeType: "PostPaid",
      InstanceName: "web",
      InstanceId: id,
      RegionId: "cn-beijing",
      Status: "Running",
    });
    assert.ok(!JSON.stringify(plan).includes("Secret-1"));
  });

  it("has children, which name it and go with it", async () => {
    const cc = cloud();
    const parent = await create(cc, "Redis", "Instance", { InstanceName: "cache" });
    const child = await create(cc, "Redis", `${parent}/Account`, {
      AccountName: "cctest",
      AccountPassword: "Secret-1",
    });
    assert.equal(child, `${parent}/Account/cctest`);
    assert.deepEqual(await get(cc, "Redis", child), {
      AccountPrivilege: "RoleReadWrite",
      AccountType: "Normal",
      Description: "",
      AccountName: "cctest",
      InstanceId: parent.split("/")[1],
      RegionId: "cn-hangzhou",
      Status: "Available",
    });
    const task = await cc.start("DeleteResource", at("Redis", child));
    assert.equal(task.attributes["resourceType"], "Instance/Account");
    await create(cc, "Redis", `${parent}/Account`, { AccountName: "again" });
    await cc.start("DeleteResource", at("Redis", parent));
    assert.deepEqual(cc.resources.snapshot(), []);
  });

  it("changes by an update, but for what the product decides", async () => {
    const cc = cloud();
    const path = await create(cc, "OSS", "Bucket", { BucketName: "demo" });
    const body = { Acl: "public-read", BucketName: "x", Status: "x" };
    await cc.start("UpdateResource", at("OSS", path, { body }));
    const changed = { Acl: "public-read", BucketName: "demo", Status: "Available" };
    assert.partialDeepStrictEqual(await get(cc, "OSS", path), changed);
  });

  it("takes an update as Terraform writes it", async () => {
    const cc = cloud();
    const path = await create(cc, "OSS", "Bucket", { BucketName: "demo" });
    const body = { body: '{"Acl":"public-read"}' };
    await cc.start("UpdateResource", at("OSS", path, { body }));
    assert.equal((await get(cc, "OSS", path))["Acl"], "public-read");
  });

  it("that exists already fails some time later", async () => {
    const cc = cloud();
    await create(cc, "OSS", "Bucket", { BucketName: "demo" });
    const again = at("OSS", "Bucket", { body: { BucketName: "demo" } });
    const task = await cc.start("CreateResource", again);
    assert.equal(task.error?.code, "Bucket.AlreadyExists");
    assert.equal(task.error?.message, "step CreateResource: OSS bucket Bucket/demo exists already");
    assert.equal((await get(cc, "OSS", "Bucket/demo"))["Status"], "Available");
  });

  it("that refers to nothing fails; what is referred to cannot go", async () => {
    const cc = cloud();
    const lost = at("VPC", "VSwitch", { body: { VpcId: "vpc-none" } });
    assert.equal((await cc.start("CreateResource", lost)).error?.code, "InvalidVpcId.NotFound");
    const vpc = await create(cc, "VPC", "VPC");
    const vswitch = await create(cc, "VPC", "VSwitch", { VpcId: vpc.split("/")[1] ?? "" });
    const task = await cc.start("DeleteResource", at("VPC", vpc));
    assert.equal(task.error?.code, "DependencyViolation.VSwitch");
    assert.match(task.error?.message ?? "", /is used by VSwitch\/vsw-.*; delete that first/);
    await cc.start("DeleteResource", at("VPC", vswitch));
    assert.equal((await cc.start("DeleteResource", at("VPC", vpc))).state, "succeeded");
  });

  it("whose creation is canceled late becomes ready all the same", async () => {
    const cc = cloud();
    const interference = { step: "WaitUntilReady", how: "cancel" } as const;
    const task = await cc.start("CreateResource", at("SLB", "LoadBalancer"), { interference });
    assert.equal(task.state, "canceled");
    assert.equal((await get(cc, "SLB", task.target.id))["Status"], "active");
  });

  it("is worked on by one task at a time", async () => {
    const cc = cloud();
    const path = await create(cc, "RDS", "DBInstance");
    const plan = await cc.plan("UpdateResource", at("RDS", path));
    assert.equal(plan.concurrencyKey, `cloudcontrol/RDS/${path}`);
    assert.equal(plan.whenBusy, "reject");
  });
});

describe("a request path", () => {
  it("may come as one text, with %2F inside an id", async () => {
    const plan = await cloud().plan("CreateResource", {
      requestPath: "/api/v1/providers/aliyun/products/oss/resources/bucket",
      body: { BucketName: "a/b" },
    });
    assert.equal(plan.attributes?.["resourcePath"], "Bucket/a/b");
    const get = cloud().query("GetResources", {
      requestPath: "/api/v1/providers/Aliyun/products/OSS/resources/Bucket/a%2Fb?regionId=x",
    });
    await assert.rejects(get, { code: "ResourceNotFound", message: /^resource Bucket\/a\/b / });
  });

  const REFUSED = [
    ["CreateResource", at("Nothing", "Instance"), "ResourceNotFound"],
    ["CreateResource", at("ECS", "Disk"), "ResourceTypeNotFound"],
    ["CreateResource", at("ECS", "Instance", { provider: "Other" }), "ResourceNotFound"],
    ["CreateResource", at("ECS", "Instance/i-1"), "InvalidParameter"],
    ["CreateResource", at("ECS", ""), "InvalidParameter"],
    ["CreateResource", at("Redis", "Instance/r-none/Account"), "ResourceNotFound"],
    ["CreateResource", at("OSS", "Bucket"), "MissingParameter"],
    ["CreateResource", at("VPC", "VSwitch"), "MissingParameter"],
    ["UpdateResource", at("ECS", "Instance"), "InvalidParameter"],
    ["UpdateResource", at("ECS", "Instance/i-none"), "ResourceNotFound"],
    ["DeleteResource", at("ECS", "Instance/i-none"), "ResourceNotFound"],
    ["DeleteResource", { requestPath: "/api/v1/nothing" }, "MissingParameter"],
  ] as const;
  for (const [action, parameters, code] of REFUSED) {
    it(`is refused: ${action} ${JSON.stringify(parameters)}`, async () => {
      await assert.rejects(cloud().plan(action, parameters), { code });
    });
  }
});

describe("GetResources", () => {
  it("lists by region, filter and page", async () => {
    const cc = cloud();
    for (const [name, regionId] of [
      ["a", "cn-beijing"],
      ["b", "cn-beijing"],
      ["c", "cn-shanghai"],
    ]) {
      const body = { InstanceName: name ?? "" };
      await cc.start("CreateResource", at("ECS", "Instance", { body, regionId: regionId ?? "" }));
    }
    const list = (more: JsonObject) => cc.query("GetResources", at("ECS", "Instance", more));
    assert.equal((await list({}))["totalCount"], 3);
    assert.equal((await list({ regionId: "cn-beijing" }))["totalCount"], 2);
    assert.equal((await list({ filter: { InstanceName: "a" } }))["totalCount"], 1);
    assert.equal((await list({ filter: { InstanceName: ["a", "c"] } }))["totalCount"], 2);
    const { nextToken = "", maxResults } = await list({ maxResults: 2 });
    assert.equal(maxResults, 2);
    const rest = await list({ maxResults: 2, nextToken });
    assert.equal((rest["resources"] as readonly unknown[]).length, 1);
    assert.equal(rest["nextToken"], undefined);
  });

  it("lists the children of one parent only", async () => {
    const cc = cloud();
    const parents = [await create(cc, "RDS", "DBInstance"), await create(cc, "RDS", "DBInstance")];
    for (const parent of parents) {
      await create(cc, "RDS", `${parent}/Account`, { AccountName: "root" });
    }
    const { resources } = await cc.query("GetResources", at("RDS", `${parents[0]}/Account`));
    assert.equal((resources as readonly unknown[]).length, 1);
    const none = cc.query("GetResources", at("RDS", "DBInstance/rm-none/Account"));
    await assert.rejects(none, { code: "ResourceNotFound" });
  });

  it("does not find a resource in another region", async () => {
    const cc = cloud();
    const path = await create(cc, "SLB", "LoadBalancer");
    await assert.rejects(cc.query("GetResources", at("SLB", path, { regionId: "cn-beijing" })), {
      code: "ResourceNotFound",
      message: /it is in region cn-hangzhou/,
    });
  });
});

describe("resource types", () => {
  it("that are synchronous are at the top, refer to nothing, and nothing refers to them", () => {
    const refersTo = new Set(RESOURCE_TYPES.map((type) => type.refersTo?.path));
    for (const type of RESOURCE_TYPES.filter(({ synchronous }) => synchronous)) {
      assert.ok(!type.path.includes("/") && !type.refersTo && !refersTo.has(type.path), type.path);
    }
  });

  it("are listed by product", async () => {
    const cc = cloud();
    const { products } = await cc.query("ListProducts", { provider: "Aliyun" });
    let count = 0;
    for (const { productCode } of products as readonly { productCode: string }[]) {
      const found = await cc.query("ListResourceTypes", {
        provider: "Aliyun",
        product: productCode,
      });
      count += (found["resourceTypes"] as readonly unknown[]).length;
    }
    assert.equal(count, RESOURCE_TYPES.length);
  });

  it("can be picked from the list", async () => {
    const parameters = { product: "Redis", resourceTypes: "Instance/Account,Other" };
    const { totalCount } = await cloud().query("ListResourceTypes", parameters);
    assert.equal(totalCount, 1);
  });

  it("describe themselves", async () => {
    const { resourceType } = await cloud().query("GetResourceType", {
      product: "redis",
      resourceType: "Instance/Account",
    });
    assert.partialDeepStrictEqual(resourceType, {
      product: "Redis",
      resourceType: "Instance/Account",
      primaryIdentifier: "/properties/AccountName",
      required: ["AccountName"],
      sensitiveInfoProperties: ["AccountPassword"],
      readOnlyProperties: ["Status"],
      handlers: { create: { permissions: ["redis:CreateAccount"] } },
    });
  });

  it("that are unknown are refused", async () => {
    const get = cloud().query("GetResourceType", { product: "ECS", tail: ["Nothing"] });
    await assert.rejects(get, { code: "ResourceTypeNotFound" });
    await assert.rejects(cloud().query("ListResourceTypes", { product: "None" }), {
      code: "ResourceNotFound",
      facts: { kind: "product", id: "None" },
    });
  });
});
