import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openFixture } from "../../test/support/access-fixture.ts";
import { lateAccessStore } from "../../test/support/late-access-store.ts";
import { fc } from "../../test/support/properties.ts";
import { DomainError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { AccessRecords } from "../store/access-store.ts";
import type { Author } from "./administration.ts";
import { OPERATOR } from "./keys/authenticator.ts";

const ACCOUNT = "200";
const ALLOW = { Version: "1", Statement: [{ Effect: "Allow", Action: "cs:*", Resource: "*" }] };
const DENY = { Version: "1", Statement: [{ Effect: "Deny", Action: "cs:*", Resource: "*" }] };

/** Who calls: the operator, or a key by its name in the world. */
type By = "operator" | "free" | "held" | "session";
type Call = readonly [By, string, JsonObject];

/** Keys of the world stand in the parameters as `$free`, `$held`, `$session`. */
const CALLS: readonly Call[] = [
  ["operator", "DisableAccessKey", { accessKeyId: "$free" }],
  ["operator", "EnableAccessKey", { accessKeyId: "$free" }],
  ["operator", "DeleteAccessKey", { accessKeyId: "$free" }],
  ["free", "EnableAccessKey", { accessKeyId: "$free" }],
  ["free", "DisableAccessKey", { accessKeyId: "$free" }],
  ["free", "CreateAccessKey", { user: "ada" }],
  ["free", "AssumeRole", {}],
  ["free", "AttachPolicy", { name: "q", role: "r", document: ALLOW }],
  ["operator", "DeleteAccessKey", { accessKeyId: "$held" }],
  ["free", "EnableAccessKey", { accessKeyId: "$held" }],
  ["free", "DetachPolicy", { name: "p", accessKeyId: "$held" }],
  ["held", "AssumeRole", {}],
  ["held", "CreateAccessKey", {}],
  ["operator", "AttachPolicy", { name: "p", accessKeyId: "$free" }],
  ["operator", "AttachPolicy", { name: "spare", accessKeyId: "$free" }],
  ["operator", "AttachPolicy", { name: "spare", accessKeyId: "$free", document: DENY }],
  ["operator", "DeletePolicy", { name: "spare", account: ACCOUNT }],
  ["operator", "DeletePolicy", { name: "p", account: ACCOUNT }],
  ["session", "AssumeRole", {}],
  ["session", "DeleteAccessKey", { accessKeyId: "$free" }],
  ["session", "CreateAccessKey", {}],
  ["free", "RotateAccessKey", { accessKeyId: "$free" }],
  ["operator", "UpdateAccessKey", { accessKeyId: "$free", networks: ["10.0.0.0/8"] }],
  ["operator", "RevokeSessions", { accessKeyId: "$free" }],
  ["operator", "CreateRole", { account: ACCOUNT, role: "new" }],
  ["free", "AssumeRole", { role: "r" }],
  ["operator", "UpdateRole", { account: ACCOUNT, role: "r", description: "d" }],
  ["operator", "DeleteRole", { account: ACCOUNT, role: "r" }],
  ["operator", "DeleteAccount", { account: ACCOUNT }],
  ["operator", "CreateAccount", { account: "300" }],
  ["operator", "CreateAccessKey", { account: "300", user: "eve" }],
];

/** An account with a key that may do everything, one that is held to a policy, a temporary one, and a policy that nobody has. */
async function newWorld() {
  const { store, answerUntil } = await lateAccessStore();
  const nothing = async () => {};
  const holdings = { openTasks: async () => 0, cancelTasks: nothing, removeWebhooks: nothing };
  const fixture = await openFixture({ store, holdings });
  const { makeKey, asOperator, api, ring } = fixture;
  const free = (await makeKey({ account: ACCOUNT, user: "free" })).accessKeyId;
  const held = (await makeKey({ account: ACCOUNT, user: "held" })).accessKeyId;
  await asOperator("AttachPolicy", { name: "p", accessKeyId: held, document: ALLOW });
  const spare = { name: "spare", account: ACCOUNT, role: "nobody" };
  await asOperator("AttachPolicy", { ...spare, document: ALLOW });
  await asOperator("DetachPolicy", spare);
  await asOperator("CreateRole", { account: ACCOUNT, role: "r" });
  const authorOf = (id: string): Author => {
    const actor = ring.key(id)?.principal ?? "";
    return { account: ACCOUNT, actor, accessKeyId: id, source: "192.0.2.1", requestId: "r" };
  };
  const made = await api.call("AssumeRole", {}, authorOf(free));
  const ids = { free, held, session: String(made["accessKeyId"]) };
  const authors = { free: authorOf(free), held: authorOf(held), session: authorOf(ids.session) };
  const operator = { ...authorOf(""), account: "1", actor: OPERATOR };
  const call = async ([by, action, parameters]: Call): Promise<string> => {
    const named = Object.entries(parameters).map(([name, value]) => [
      name,
      typeof value === "string" && value.startsWith("$")
        ? ids[value.slice(1) as keyof typeof ids]
        : value,
    ]);
    const author = by === "operator" ? operator : authors[by];
    try {
      await api.call(action, Object.fromEntries(named) as JsonObject, author);
      return "done";
    } catch (error) {
      if (error instanceof DomainError) return error.code;
      throw error;
    }
  };
  /** The state, with names for the ids, and the same for what the store holds. */
  const state = async () => {
    const { accounts, keys, policies, attachments } = ring;
    const roles = ring.roles(ACCOUNT);
    const seen = told({ accounts, keys, policies, attachments, roles, marks: {} }, ids);
    assert.deepEqual(told(await store.load(), ids), seen, "the store holds something else");
    return seen;
  };
  return { call, state, ids, answerUntil, fixture, store };
}

function told(
  { accounts, keys, policies, attachments, roles }: Omit<AccessRecords, "uses" | "unreadable">,
  ids: Readonly<Record<string, string>>,
): readonly string[] {
  const lines = [
    ...accounts
      .filter(({ deletedAt }) => deletedAt === undefined)
      .map(({ id }) => ({ account: id })),
    ...roles.map(({ account, name, description }) => ({ account, role: name, description })),
    ...keys.map(({ id, account, principal, enabled, networks, expiresAt, temporary }) => ({
      id,
      account,
      principal,
      enabled,
      networks,
      ends: expiresAt,
      ...(temporary && { ...temporary, roleId: temporary.roleId && "one" }),
    })),
    ...policies.map((policy) => ({ ...policy })),
    ...attachments.map((attachment) => ({ ...attachment })),
  ];
  const text = (line: object) => {
    let shown = JSON.stringify(line, Object.keys(flat(line)).sort());
    for (const [name, id] of Object.entries(ids)) shown = shown.replaceAll(id, `$${name}`);
    return shown.replace(/LTAI\w{20}|STS\.\w{20}/g, "NEW");
  };
  return lines.map(text).sort();
}

/** All names in it, at any depth. */
function flat(value: unknown): Record<string, true> {
  if (typeof value !== "object" || value === null) return {};
  return Object.entries(value).reduce(
    (names, [name, inner]) => Object.assign(names, { [name]: true }, flat(inner)),
    {},
  );
}

const known = new Map<string, Promise<string>>();

/** Outcome and state after the calls, one after another in this order. */
function inOrder(calls: readonly Call[], order: readonly number[]): Promise<string> {
  const name = JSON.stringify([calls, order]);
  const result = known.get(name) ?? runInOrder(calls, order);
  known.set(name, result);
  return result;
}

async function runInOrder(calls: readonly Call[], order: readonly number[]): Promise<string> {
  const { call, state } = await newWorld();
  const outcomes: string[] = [];
  for (const i of order) outcomes[i] = await call(calls[i] ?? assert.fail());
  return JSON.stringify([outcomes, await state()]);
}

async function atOnce(calls: readonly Call[], choices: readonly number[]): Promise<string> {
  const { call, state, answerUntil, fixture, ids, store } = await newWorld();
  const all = Promise.all(calls.map(call));
  let step = 0;
  await answerUntil(all, () => choices[step++ % choices.length] ?? 0);
  const outcomes = await all;
  const seen = await state();
  await neverComesBack(calls, outcomes, ids, fixture);
  // The same after a restart.
  const restarted = await openFixture({ store });
  for (const id of Object.values(ids)) {
    assert.deepEqual(restarted.ring.entry(id)?.rights, fixture.ring.entry(id)?.rights);
  }
  return JSON.stringify([outcomes, seen]);
}

async function neverComesBack(
  calls: readonly Call[],
  outcomes: readonly string[],
  ids: Readonly<Record<string, string>>,
  { ring }: Awaited<ReturnType<typeof openFixture>>,
) {
  for (const [i, [, action, { accessKeyId }]] of calls.entries()) {
    if (action !== "DeleteAccessKey" || outcomes[i] !== "done") continue;
    const id = ids[String(accessKeyId).slice(1)] ?? "";
    assert.equal(ring.key(id), undefined, "a deleted key came back");
  }
}

function orders(n: number): readonly (readonly number[])[] {
  if (n === 0) return [[]];
  return orders(n - 1).flatMap((order) =>
    Array.from({ length: n }, (_, at) => [...order.slice(0, at), n - 1, ...order.slice(at)]),
  );
}

async function agrees(calls: readonly Call[], choices: readonly number[]): Promise<void> {
  const result = await atOnce(calls, choices);
  const serial = await Promise.all(orders(calls.length).map((order) => inOrder(calls, order)));
  assert.ok(
    serial.includes(result),
    `${JSON.stringify(calls)} at once gave ${result}, one after another ${serial.join(" or ")}`,
  );
}

describe("rows 33 and 34: changes at once", () => {
  test("all pairs of calls end as if one had come after the other", async () => {
    for (const [i, one] of CALLS.entries()) {
      for (const other of CALLS.slice(i)) await agrees([one, other], [1, 0]);
    }
  });

  test("any three calls, answered by the store in any order, end as in one of their orders", async () => {
    const three = fc.array(fc.constantFrom(...CALLS), { minLength: 3, maxLength: 3 });
    const choices = fc.array(fc.nat(5), { minLength: 1, maxLength: 6 });
    await fc.assert(fc.asyncProperty(three, choices, agrees), { numRuns: 60 });
  });

  test("a key that its holder enables while the operator deletes it stays deleted, for ever", async () => {
    const both: readonly Call[] = [
      ["operator", "DeleteAccessKey", { accessKeyId: "$free" }],
      ["free", "EnableAccessKey", { accessKeyId: "$free" }],
    ];
    for (const calls of [both, both.toReversed()]) {
      const { call, ids, answerUntil, fixture, store } = await newWorld();
      await answerUntil(Promise.all(calls.map(call)), () => 1);
      assert.equal(fixture.ring.entry(ids.free), undefined);
      assert.equal((await openFixture({ store })).ring.entry(ids.free), undefined);
    }
  });

  test("a policy that is deleted while it is attached never leaves full access", async () => {
    const both: readonly Call[] = [
      ["operator", "AttachPolicy", { name: "spare", accessKeyId: "$free" }],
      ["operator", "DeletePolicy", { name: "spare", account: ACCOUNT }],
    ];
    for (const calls of [both, both.toReversed()]) {
      const { call, ids, answerUntil, fixture } = await newWorld();
      const outcomes = await (async () => {
        const all = Promise.all(calls.map(call));
        await answerUntil(all, () => 1);
        return all;
      })();
      const attached = outcomes[calls.findIndex(([, action]) => action === "AttachPolicy")];
      if (attached === "done") assert.notEqual(fixture.ring.entry(ids.free)?.rights, "full");
      assert.equal(outcomes.filter((code) => code === "done").length, 1);
    }
  });
});
