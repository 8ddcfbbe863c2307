import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openFixture } from "../../test/support/access-fixture.ts";
import { DEFAULT_CONFIG } from "../config/settings.ts";
import type { WorldResource } from "../core/product.ts";
import { createProducts } from "../products/registry.ts";
import { openSqliteStore } from "../store/sqlite/sqlite-store.ts";
import type { Access } from "./access.ts";
import { makeWorld, makeWorlds } from "./worlds.ts";

const products = createProducts({ speed: 1 });
const silent = { debug: () => {}, info: () => {}, warn: () => {} };

describe("row 4: the world of an account", () => {
  for (const account of [
    "200",
    "team-a",
    "a.b_c@d",
    "0x10",
    "007",
    "9".repeat(64),
    DEFAULT_CONFIG.account,
  ]) {
    test(`is made for the id ${account}, with its resources under that id`, async () => {
      const store = await openSqliteStore(":memory:");
      assert.equal(await makeWorld(store, account, products), true);
      assert.equal(await makeWorld(store, account, products), false);
      const made = await store.listResources(account, { kind: "bdrc.resource" });
      assert.equal(made.length, 6);
      for (const { id, data } of made) {
        assert.equal(id.split(":")[2], account);
        assert.equal(data["ResourceArn"], id);
        assert.equal(
          data["ResourceOwnerId"],
          /^(?:200|007|1\d{15})$/.test(account) ? Number(account) : 0,
        );
      }
      await store.close();
    });
  }

  test("that cannot be made stops no start: it is reported, and the others are made", async () => {
    const store = await openSqliteStore(":memory:");
    const { asOperator, ring } = await openFixture();
    for (const account of ["1-bad", "2-good"]) await asOperator("CreateAccount", { account });
    const failing = Object.assign(Object.create(store), {
      seedResources: async (account: string, resources: readonly WorldResource[]) => {
        if (account === "1-bad") throw new Error("no room");
        return store.seedResources(account, resources);
      },
      readResource: store.readResource.bind(store),
    }) as typeof store;
    const told: object[] = [];
    const log = { ...silent, error: (facts: object) => void told.push(facts) };
    const access = { ring } as unknown as Access;
    assert.equal(await makeWorlds(failing, access, DEFAULT_CONFIG, products, log), true);
    assert.deepEqual(
      told.map((facts) => (facts as { account: string }).account),
      ["1-bad"],
    );
    const made = await store.listResources("2-good", { kind: "bdrc.resource" });
    assert.equal(made.length, 6);
    await store.close();
  });
});
