import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openSqliteStore } from "../../store/sqlite/sqlite-store.ts";
import type { Store } from "../../store/store.ts";
import { ResourceBuffer } from "./resource-buffer.ts";

const ACCOUNT = "1000000000000001";

describe("a resource buffer", () => {
  let store: Store;
  before(async () => {
    store = await openSqliteStore(":memory:");
    await store.seedResources(ACCOUNT, [
      { kind: "x.node", id: "a", parent: "one", data: { size: 1 } },
      { kind: "x.node", id: "b", parent: "one", data: { size: 2 } },
      { kind: "x.node", id: "c", parent: "one", data: { size: 3 } },
    ]);
  });
  after(() => store.close());
  const buffer = () => new ResourceBuffer(store, ACCOUNT);

  it("puts the whole: without a parent the resource has none any more", async () => {
    const resources = buffer();
    resources.put("x.node", "a", { size: 9 });
    const put = { kind: "x.node", id: "a", data: { size: 9 } };
    assert.deepEqual(await resources.get("x.node", "a"), { ...put, version: 2 });
    assert.deepEqual(await resources.changes(), [{ ...put, expectedVersion: 1 }]);
    const children = await resources.list({ kind: "x.node", parent: "one" });
    assert.deepEqual(
      children.map(({ id }) => id),
      ["b", "c"],
    );
  });

  it("forgets the parent of an earlier put as well", async () => {
    const resources = buffer();
    resources.put("x.node", "new", { size: 1 }, "two");
    resources.put("x.node", "new", { size: 2 });
    assert.equal((await resources.get("x.node", "new"))?.parent, undefined);
  });

  it("keeps the parent when it updates, whoever gave it", async () => {
    const resources = buffer();
    const grow = ({ size }: { readonly size?: unknown }) => ({ size: Number(size) + 1 });
    resources.update("x.node", "a", grow);
    resources.put("x.node", "b", { size: 5 }, "two");
    resources.update("x.node", "b", grow);
    assert.deepEqual(await resources.changes(), [
      { kind: "x.node", id: "a", parent: "one", data: { size: 2 }, expectedVersion: 1 },
      { kind: "x.node", id: "b", parent: "two", data: { size: 6 }, expectedVersion: 1 },
    ]);
  });

  it("fills a page whatever it is about to remove", async () => {
    const resources = buffer();
    resources.remove("x.node", "a");
    const page = await resources.list({ kind: "x.node", limit: 2 });
    assert.deepEqual(
      page.map(({ id }) => id),
      ["b", "c"],
    );
  });

  it("makes nothing of what is made and removed, and of changes to what is not there", async () => {
    const resources = buffer();
    resources.put("x.node", "new", { size: 1 }, "two");
    resources.remove("x.node", "new");
    resources.update("x.node", "nowhere", (data) => ({ ...data, size: 1 }));
    resources.remove("x.node", "nowhere");
    assert.equal(await resources.get("x.node", "new"), undefined);
    assert.deepEqual(await resources.changes(), []);
  });

  it("copies: what is added to the copy is not in the original", async () => {
    const resources = buffer();
    resources.put("x.node", "a", { size: 9 }, "two");
    const copy = resources.copy();
    copy.update("x.node", "a", () => ({ size: 10 }));
    assert.deepEqual((await resources.get("x.node", "a"))?.data, { size: 9 });
    assert.deepEqual((await copy.get("x.node", "a"))?.data, { size: 10 });
  });
});
