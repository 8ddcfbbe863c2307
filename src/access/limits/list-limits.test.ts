import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Fixture, type MadeKey, openFixture } from "../../../test/support/access-fixture.ts";
import type { JsonObject } from "../../core/json.ts";
import { LIMIT_TABLE } from "../../share-table.ts";

interface Told {
  readonly accounts: readonly {
    readonly account: string;
    readonly limits: readonly {
      readonly kind: string;
      readonly used: number;
      readonly limit: number | null;
      readonly refused: number | null;
    }[];
  }[];
}

/** What the holder of a key is told. */
async function asked(door: Fixture, key: MadeKey, parameters: JsonObject = {}): Promise<Told> {
  const { account, accessKeyId } = key;
  const author = { account, actor: "root", accessKeyId, source: "192.0.2.1", requestId: "r" };
  return (await door.api.call("ListLimits", parameters, author)) as unknown as Told;
}

const useOf = (told: Told, kind: string) =>
  told.accounts[0]?.limits.find((limit) => limit.kind === kind);

async function twoAccounts() {
  const door = await openFixture({ shares: { streams: 1 }, quotas: { openTasks: 0 } });
  await door.asOperator("CreateAccount", { account: "a" });
  await door.asOperator("CreateAccount", { account: "b" });
  const [a, b] = [await door.makeKey({ account: "a" }), await door.makeKey({ account: "b" })];
  return { door, a, b };
}

describe("capability 1: the limits of an account", () => {
  test("tell what is used, what may be, and what was refused", async () => {
    const { door, a } = await twoAccounts();
    door.shares?.take("a", "streams");
    door.shares?.take("a", "streams");
    door.quotas.reserve("a");
    const told = await asked(door, a);
    assert.deepEqual(useOf(told, "streams"), { kind: "streams", used: 1, limit: 1, refused: 1 });
    assert.deepEqual(useOf(told, "openTasks"), {
      kind: "openTasks",
      used: 0,
      limit: 0,
      refused: 1,
    });
    assert.equal(useOf(told, "storedTasks")?.limit, null);
    assert.equal(useOf(told, "keys")?.used, 1);
  });

  test("count refused keys, sessions, roles, policies and attachments of each account", async () => {
    const { door, a, b } = await twoAccounts();
    const { keys } = LIMIT_TABLE;
    for (let i = 1; i < keys.most; i++) await door.makeKey({ account: "a" });
    await assert.rejects(door.makeKey({ account: "a" }), { code: "ResourceBusy" });
    const told = await asked(door, a);
    assert.deepEqual(useOf(told, "keys"), {
      kind: "keys",
      used: keys.most,
      limit: keys.most,
      refused: 1,
    });
    assert.equal(useOf(await asked(door, b), "keys")?.refused, 0);
  });

  test("of policies and roles follow what is made and deleted", async () => {
    const { door, a } = await twoAccounts();
    const document = {
      Version: "1",
      Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }],
    };
    const policy = { name: "none", account: "a", role: "ops", document };
    await door.asOperator("AttachPolicy", policy);
    await door.asOperator("AttachPolicy", policy);
    await door.asOperator("CreateRole", { account: "a", role: "ops" });
    const used = async () => {
      const told = await asked(door, a);
      return ["policies", "attachments", "roles"].map((kind) => useOf(told, kind)?.used);
    };
    assert.deepEqual(await used(), [1, 1, 1]);
    await door.asOperator("DetachPolicy", { name: "none", account: "a", role: "ops" });
    await door.asOperator("DeletePolicy", { name: "none", account: "a" });
    await door.asOperator("DeleteRole", { account: "a", role: "ops" });
    assert.deepEqual(await used(), [0, 0, 0]);
  });

  test("of another account are told to nobody but the operator", async () => {
    const { door, a } = await twoAccounts();
    await assert.rejects(asked(door, a, { account: "b" }), { code: "ResourceNotFound" });
    await assert.rejects(asked(door, a, { account: "nobody" }), { code: "ResourceNotFound" });
    await assert.rejects(asked(door, a, { all: true }), { code: "AccountMismatch" });
    door.shares?.take("b", "streams");
    const told = (await door.asOperator("ListLimits", { account: "b" })) as unknown as Told;
    assert.equal(useOf(told, "streams")?.used, 1);
    const all = (await door.asOperator("ListLimits", { all: true })) as unknown as Told;
    const ofB = all.accounts.find(({ account }) => account === "b");
    assert.deepEqual(
      ofB?.limits.map(({ kind, used }) => [kind, used]),
      [
        ["streams", 1],
        ["keys", 1],
      ],
    );
  });
});
