import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openFixture } from "../../../test/support/access-fixture.ts";
import type { JsonObject } from "../../core/json.ts";

const ALLOW = { Version: "1", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };

/** An account with something of everything, and tasks that end a while after they are canceled. */
async function withAccount({ open = 0, endAfterMs = 0 } = {}) {
  const told: string[] = [];
  let tasks = open;
  const holdings = {
    openTasks: async () => tasks,
    cancelTasks: async (account: string) => {
      told.push(`cancel ${account}`);
      fixture.clock.after(endAfterMs, () => {
        tasks = 0;
      });
    },
    removeWebhooks: async (account: string) => void told.push(`webhooks ${account}`),
  };
  const fixture = await openFixture({ holdings });
  const { makeKey, asOperator, api } = fixture;
  const key = await makeKey({ account: "team-a", user: "ada" });
  const other = await makeKey({ account: "300" });
  const { accessKeyId } = key;
  await asOperator("CreateRole", { account: "team-a", role: "r" });
  await asOperator("AttachPolicy", { account: "team-a", name: "p", role: "r", document: ALLOW });
  await asOperator("AttachPolicy", { name: "q", accessKeyId, document: ALLOW });
  const author = { account: "team-a", actor: "", accessKeyId, source: "", requestId: "" };
  const session = String((await api.call("AssumeRole", {}, author))["accessKeyId"]);
  const remove = (more: JsonObject = {}) =>
    asOperator("DeleteAccount", { account: "team-a", ...more });
  return { ...fixture, fixture, accessKeyId, session, other, author, remove, told };
}

describe("row 4: an account that is deleted", () => {
  test("takes everything with it, except its audit, and nobody gets its id again", async () => {
    const { remove, ring, store, told, accessKeyId, session, other, asOperator, audit } =
      await withAccount();
    assert.deepEqual(await remove(), { account: "team-a", status: "deleted" });
    assert.deepEqual([ring.entry(accessKeyId), ring.entry(session)], [undefined, undefined]);
    assert.deepEqual(told, ["cancel team-a", "webhooks team-a"]);
    const left = await store.load();
    const rest = [...left.keys, ...left.policies, ...left.attachments, ...left.roles];
    assert.deepEqual(
      rest.map(({ account }) => account),
      ["300"],
    );
    assert.ok((await audit()).some(({ action }) => action === "taskscribe:DeleteAccount"));
    assert.ok((await audit()).filter(({ account }) => account === "team-a").length > 3);
    for (const fixture of [{ asOperator, ring }, await openFixture({ store })]) {
      assert.equal(fixture.ring.account("team-a"), undefined);
      for (const action of ["CreateAccount", "CreateAccessKey"]) {
        await assert.rejects(fixture.asOperator(action, { account: "team-a" }), {
          code: "ResourceExists",
          message: /the id of an account is not given again/,
        });
      }
      assert.equal(fixture.ring.entry(other.accessKeyId)?.rights, "full");
    }
  });

  test("stays while it has open tasks, unless they are to be canceled", async () => {
    const { remove, ring, clock, told } = await withAccount({ open: 3, endAfterMs: 1_000 });
    await assert.rejects(remove(), {
      code: "ResourceBusy",
      message: /team-a has 3 open tasks; wait until they have ended, or have them canceled/,
    });
    assert.deepEqual(told, []);
    const removed = remove({ cancel: true });
    await clock.advance(2_000);
    await removed;
    assert.equal(ring.account("team-a"), undefined);
  });

  test("says what is left if the tasks do not end soon", async () => {
    const { remove, ring, clock } = await withAccount({ open: 2, endAfterMs: 60_000 });
    const removed = assert.rejects(remove({ cancel: true }), {
      message: /has 2 open tasks; they are being canceled; delete it again when they have ended/,
    });
    await clock.advance(6_000);
    await removed;
    assert.ok(ring.account("team-a"));
    await clock.advance(60_000);
    await remove();
  });

  test("is only for the operator, and not without a server", async () => {
    const { api, author } = await withAccount();
    await assert.rejects(api.call("DeleteAccount", { account: "team-a" }, author), {
      code: "AccountMismatch",
    });
    const alone = await openFixture();
    await alone.asOperator("CreateAccount", { account: "team-a" });
    await assert.rejects(alone.asOperator("DeleteAccount", { account: "team-a" }), {
      message: /known only to a running server; start one/,
    });
    await assert.rejects(alone.asOperator("DeleteAccount", { account: "nobody" }), {
      code: "ResourceNotFound",
    });
  });

  test("is not the one of unchecked callers, nor one with keys in the configuration file", async () => {
    const keys = [{ accessKeyId: "LTAIfile", accessKeySecret: "s", account: "200" }];
    const { asOperator } = await openFixture({ keys });
    await assert.rejects(asOperator("DeleteAccount", { account: "200" }), /configuration file/);
    await asOperator("CreateAccount", { account: "1000000000000001" });
    await assert.rejects(
      asOperator("DeleteAccount", { account: "1000000000000001" }),
      /callers while auth is off/,
    );
  });

  test("is written with its world made before: a world that fails leaves no account", async () => {
    const { asOperator, ring, accountsMade, api } = await openFixture();
    await asOperator("CreateAccount", { account: "fine" });
    assert.deepEqual(accountsMade, ["fine"]);
    assert.ok(ring.account("fine"));
    assert.ok(api);
    for (const account of ["team a", "ü", "../x", "$(id)", "", "a".repeat(65), "-a"]) {
      await assert.rejects(asOperator("CreateAccount", { account }), { code: "InvalidParameter" });
    }
  });
});
