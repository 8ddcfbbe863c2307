import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type ProductsBench, startProducts } from "../support/products-bench.ts";

const ACCOUNT = "1000000000000001";
const RDS = { provider: "Aliyun", product: "RDS" };
const USER = { AccountName: "user", AccountPassword: "secret" };

/** Steps of a creation end after 600, 2100 and 3000 ms, those of a deletion after 600, 2400 and 3000. */
describe("a Cloud Control resource whose parent is deleted while it is created", () => {
  let bench: ProductsBench;
  before(async () => {
    bench = await startProducts([ACCOUNT]);
  });
  after(() => bench.close());
  const call = async (action: string, requestPath: string, body?: Record<string, string>) =>
    bench.call(ACCOUNT, "cloudcontrol", action, { ...RDS, requestPath, ...(body && { body }) });
  const error = async (taskId: string) =>
    JSON.parse(
      (await bench.call(ACCOUNT, "cloudcontrol", "GetTask", { taskId })).body.task.error.message,
    ).errorCode;

  for (const [when, deletionMs, creationMs] of [
    ["before it is there", 1_000, 0],
    ["after it is there", 0, 500],
  ] as const) {
    it(`fails, and leaves nothing: ${when}`, async () => {
      await call("CreateResource", "DBInstance", { DBInstanceId: "rm-1" });
      await bench.clock.advance(10_000);
      const start = async (): Promise<string> =>
        (await call("CreateResource", "DBInstance/rm-1/Account", USER)).body.taskId;
      let taskId = deletionMs === 0 ? await start() : "";
      await bench.clock.advance(creationMs);
      await call("DeleteResource", "DBInstance/rm-1");
      await bench.clock.advance(deletionMs);
      taskId ||= await start();
      await bench.clock.advance(10_000);
      assert.equal(await error(taskId), "InvalidDBInstance.NotFound");
      const kind = "cloudcontrol.RDS/DBInstance/Account";
      assert.deepEqual(await bench.engine.resources(ACCOUNT).list({ kind }), []);
    });
  }

  it("is not changed after it has gone, and its task says so", async () => {
    await call("CreateResource", "DBInstance", { DBInstanceId: "rm-2" });
    await bench.clock.advance(10_000);
    await call("CreateResource", "DBInstance/rm-2/Account", USER);
    await bench.clock.advance(10_000);
    await call("DeleteResource", "DBInstance/rm-2");
    await bench.clock.advance(1_000);
    const changed = await call("UpdateResource", "DBInstance/rm-2/Account/user", USER);
    await bench.clock.advance(10_000);
    assert.equal(await error(changed.body.taskId), "InvalidAccount.NotFound");
  });
});
