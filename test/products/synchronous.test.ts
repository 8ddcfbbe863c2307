import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { JsonObject } from "../../src/core/json.ts";
import { type ProductsBench, startProducts } from "../support/products-bench.ts";

const ACCOUNT = "1000000000000001";
const PAIRS = { provider: "aliyun", product: "ECS" };

/** The 202/200 rule: with a task id 202, without one 200 (CONTRACT.md, section 5). */
describe("a Cloud Control resource of a synchronous type", () => {
  let bench: ProductsBench;
  before(async () => {
    bench = await startProducts([ACCOUNT]);
  });
  after(() => bench.close());
  const call = (action: string, requestPath: string, more: JsonObject = {}) =>
    bench.call(ACCOUNT, "cloudcontrol", action, { ...PAIRS, requestPath, ...more });
  const get = (name: string) => call("GetResources", `KeyPair/${name}`);

  it("is created, changed and deleted with the answer: 200, without a task id", async () => {
    const body = { KeyPairName: "k", PublicKeyBody: "ssh-rsa AAAA" };
    const made = await call("CreateResource", "KeyPair", { regionId: "cn-beijing", body });
    assert.equal(made.status, 200);
    const { requestId, ...rest } = made.body;
    assert.match(requestId, /^[0-9A-F-]{36}$/);
    assert.deepEqual(rest, { resourceId: "k", resourcePath: "KeyPair/k" });
    const attributes = { KeyPairName: "k", RegionId: "cn-beijing", Status: "Available" };
    assert.deepEqual((await get("k")).body.resource.resourceAttributes, attributes);

    const changes = { body: { ResourceGroupId: "rg-1", KeyPairName: "x" } };
    const updated = await call("UpdateResource", "KeyPair/k", changes);
    assert.deepEqual([updated.status, Object.keys(updated.body)], [200, ["requestId"]]);
    const after = (await get("k")).body.resource.resourceAttributes;
    assert.deepEqual(after, { ...attributes, ResourceGroupId: "rg-1" });

    const gone = await call("DeleteResource", "KeyPair/k");
    assert.deepEqual([gone.status, Object.keys(gone.body)], [200, ["requestId"]]);
    assert.equal((await get("k")).body.Code, "InvalidResource.NotFound");
  });

  it("returns the error of the product at once, inside that of Cloud Control", async () => {
    const body = { KeyPairName: "twice" };
    await call("CreateResource", "KeyPair", { body });
    const { status, body: answer } = await call("CreateResource", "KeyPair", { body });
    assert.equal(status, 400);
    assert.equal(answer.Code, "OperationFailure.OperationFailed");
    assert.deepEqual(JSON.parse(answer.Message), {
      requestId: answer.requestId,
      errorCode: "KeyPair.AlreadyExists",
      errorMsg: "key pair KeyPair/twice exists already",
    });
  });

  it("is created once for one client token, with the same answer", async () => {
    const asked = { clientToken: "t", body: { KeyPairName: "once" } };
    const first = await call("CreateResource", "KeyPair", asked);
    const again = await call("CreateResource", "KeyPair", asked);
    assert.deepEqual([again.status, again.body.resourcePath], [200, first.body.resourcePath]);
    const other = await call("CreateResource", "KeyPair", {
      ...asked,
      body: { KeyPairName: "another" },
    });
    assert.deepEqual([other.status, other.body.Code], [400, "IdempotentParameterMismatch"]);
  });

  it("is never refused because of an unfinished operation", async () => {
    for (const round of ["a", "b"]) {
      const body = { KeyPairName: "busy", ResourceGroupId: round };
      assert.equal((await call("CreateResource", "KeyPair", { body })).status, 200);
      assert.equal((await call("UpdateResource", "KeyPair/busy", { body })).status, 200);
      assert.equal((await call("DeleteResource", "KeyPair/busy")).status, 200);
    }
  });
});
