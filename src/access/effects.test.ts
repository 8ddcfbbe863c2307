import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openFixture } from "../../test/support/access-fixture.ts";
import { DomainError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { ACCESS_ACTIONS } from "./api.ts";
import { EFFECTS } from "./effects.ts";

const DOCUMENT = { Version: "1", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };

/** An account with a key, a role, a policy, and a disabled key; and for every action parameters that are right. */
async function prepared() {
  const fixture = await openFixture();
  const { makeKey, asOperator, api, ring } = fixture;
  const { accessKeyId: maker, account } = await makeKey({ user: "ada" });
  const { accessKeyId: other } = await makeKey({ user: "bob" });
  const { accessKeyId: held } = await makeKey({ user: "held" });
  const { accessKeyId: disabled } = await makeKey();
  await asOperator("DisableAccessKey", { accessKeyId: disabled });
  await asOperator("CreateRole", { role: "there" });
  await asOperator("AttachPolicy", { name: "p", accessKeyId: held, document: DOCUMENT });
  await asOperator("AttachPolicy", { name: "spare", role: "x", document: DOCUMENT });
  await asOperator("DetachPolicy", { name: "spare", role: "x" });
  const as = (id: string) => ({
    account,
    actor: ring.key(id)?.principal ?? "",
    accessKeyId: id,
    source: "192.0.2.1",
    requestId: "r",
  });
  const session = String((await api.call("AssumeRole", {}, as(maker)))["accessKeyId"]);
  const attachment = { name: "p", accessKeyId: other };
  const parameters: Readonly<Record<string, JsonObject>> = {
    DisableAccessKey: { accessKeyId: other },
    EnableAccessKey: { accessKeyId: disabled },
    DeleteAccessKey: { accessKeyId: other },
    AttachPolicy: { ...attachment, document: DOCUMENT },
    DetachPolicy: { name: "p", accessKeyId: held },
    DeletePolicy: { name: "spare" },
    ExplainPolicy: { accessKeyId: other, action: "cs:X" },
    AssumeRole: { role: "there" },
    CreateRole: { role: "made" },
    UpdateRole: { role: "there", description: "d" },
    DeleteRole: { role: "there" },
    RevokeSessions: { accessKeyId: other },
  };
  const call = (action: string, id: string, more: JsonObject = {}) =>
    api.call(action, { ...parameters[action], ...more }, as(id)).then(
      () => "done",
      (error: unknown) => {
        if (error instanceof DomainError) return `${error.code}: ${error.message}`;
        throw error;
      },
    );
  return { ...fixture, call, session, held };
}

/** Everything that outlives temporary keys: how many of each, and who may do everything. */
function lasting({ ring }: Awaited<ReturnType<typeof prepared>>) {
  const keys = ring.keys.filter(({ temporary }) => temporary === undefined);
  return [
    ring.accounts.length,
    keys.filter(({ enabled }) => enabled).length,
    keys.filter(({ id }) => ring.entry(id)?.rights === "full").length,
    ring.policies.length,
    ring.attachments.length,
    ring.roles(keys[0]?.account ?? "").length,
  ];
}

describe("row 13: a temporary key", () => {
  for (const action of ACCESS_ACTIONS) {
    test(`makes nothing that lasts by ${action}`, async () => {
      const world = await prepared();
      const effect = EFFECTS[action as keyof typeof EFFECTS];
      const before = lasting(world);
      const answer = await world.call(action, world.session);
      const after = lasting(world);
      for (const [i, count] of after.entries()) assert.ok(count <= (before[i] ?? 0), answer);
      if (effect === "grants")
        assert.match(answer, /^AccountMismatch: a temporary key cannot make/);
      // Whole accounts are only the operator's to delete.
      const isOperators = action === "DeleteAccount";
      if (!isOperators && (effect === "session" || effect === "narrows"))
        assert.equal(answer, "done");
    });
  }
});

describe("a key that is held to a policy", () => {
  for (const action of ACCESS_ACTIONS) {
    const effect = EFFECTS[action as keyof typeof EFFECTS];
    if (effect === "nothing" || effect === "session") continue;
    test(`changes nothing by ${action}`, async () => {
      const world = await prepared();
      const before = JSON.stringify(await world.store.load());
      assert.match(await world.call(action, world.held), /^AccountMismatch: a key that is held/);
      assert.equal(JSON.stringify(await world.store.load()), before);
    });
  }
});
