import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  DEFAULT_ACCOUNT,
  type Fixture,
  openFixture,
} from "../../../test/support/access-fixture.ts";
import { fc } from "../../../test/support/properties.ts";
import { decisionOf } from "../../auth/policy/decision.ts";
import { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { StoredKey } from "../../store/access-store.ts";
import type { TaskRights } from "../../task-rights.ts";
import { OPERATOR } from "./authenticator.ts";
import { noRights, standingOf } from "./chain.ts";

/* Row 1: the rights of every credential in random trees, over a small universe, before and after each operation. */

const UNIVERSE = ["cs:Read", "cs:Write", "eflo:Read", "sts:AssumeRole"].flatMap((action) =>
  ["acs:cs:x:1:cluster/1", "acs:cs:x:1:cluster/2"].map((resource) => ({ action, resource })),
);
const statement = (Effect: string, Action: string, Resource = "*") => ({
  Version: "1",
  Statement: [
    { Effect: "Allow", Action: "sts:*", Resource: "*" },
    { Effect, Action, Resource },
  ],
});
const DOCUMENTS = [
  statement("Allow", "*"),
  statement("Allow", "*:Read"),
  statement("Allow", "cs:*", "acs:cs:x:1:cluster/1"),
  statement("Deny", "cs:*"),
  { Version: "1", Statement: [{ Effect: "Allow", Action: "cs:Write", Resource: "*" }] },
];
const NAMES = ["p", "q"];
const ROLES = ["r", "s"];
/** What an unrestricted author may use to allow more than before. */
const GRANTS = new Set(["AttachPolicy", "DetachPolicy", "EnableAccessKey"]);

interface Step {
  readonly action: string;
  /** Choose among what there is when it is the step's turn. */
  readonly by: number;
  readonly on: number;
  readonly name: string;
  readonly role: string | undefined;
  readonly document: JsonObject | undefined;
}

const STEP: fc.Arbitrary<Step> = fc.record({
  action: fc.oneof(
    { weight: 6, arbitrary: fc.constant("AssumeRole") },
    {
      weight: 10,
      arbitrary: fc.constantFrom(
        "CreateAccessKey",
        "DisableAccessKey",
        "EnableAccessKey",
        "DeleteAccessKey",
        "AttachPolicy",
        "AttachPolicy",
        "DetachPolicy",
        "DetachPolicy",
        "DeletePolicy",
        "DeletePolicy",
        "CreateRole",
        "DeleteRole",
        "RevokeSessions",
        "time",
      ),
    },
  ),
  by: fc.nat(12),
  on: fc.nat(12),
  name: fc.constantFrom(...NAMES),
  role: fc.option(fc.constantFrom(...ROLES), { nil: undefined }),
  document: fc.option(fc.constantFrom(...DOCUMENTS), { nil: undefined }),
});

const lines = new Set<string>();

/** What a credential may do now, as lines; nothing if it would not be let in. */
function rightsOf({ ring, clock }: Fixture, id: string): ReadonlySet<string> {
  const entry = ring.entry(id);
  const credential = ring.credential(id, clock.now());
  const ended = (credential?.sts?.expiresAtMs ?? Number.POSITIVE_INFINITY) <= clock.now();
  if (entry === undefined || credential?.enabled !== true || ended) return new Set();
  const { rights } = entry;
  const allowed = UNIVERSE.filter((asked) => decisionOf(rights, asked, {}).allowed);
  return new Set(allowed.map(({ action, resource }) => `${action} ${resource}`));
}

function allRights(fixture: Fixture): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(fixture.ring.keys.map(({ id }) => [id, rightsOf(fixture, id)]));
}

function parametersOf({ ring }: Fixture, step: Step): JsonObject {
  const { action, name, role, document } = step;
  const key = ring.keys[step.on % Math.max(1, ring.keys.length)]?.id ?? "nobody";
  const target: JsonObject = role === undefined ? { accessKeyId: key } : { role };
  switch (action) {
    case "AssumeRole":
      return {
        ...(role !== undefined && { role }),
        ...(document && { policy: document }),
        durationSeconds: 900 + 600 * step.on,
      };
    case "CreateAccessKey":
      return {};
    case "AttachPolicy":
      return { name, ...target, ...(document && { document }) };
    case "DetachPolicy":
      return { name, ...target };
    case "DeletePolicy":
      return { name };
    case "CreateRole":
    case "DeleteRole":
      return { role: role ?? "r" };
    case "RevokeSessions":
      return target;
    default:
      return { accessKeyId: key };
  }
}

/** Whether a grant to this target, or a change of this policy, may let the key do more. */
function isReached(fixture: Fixture, key: StoredKey, given: JsonObject): boolean {
  const { ring } = fixture;
  const { accessKeyId, role, name } = given;
  const changed = (kind: "key" | "role", target: string) =>
    given["document"] !== undefined &&
    ring.attachedTo(key.account, kind, target).some((policy) => policy.name === name);
  const own =
    key.temporary === undefined
      ? key.id === accessKeyId || changed("key", key.id)
      : key.id === accessKeyId ||
        (key.temporary.role !== undefined &&
          (key.temporary.role === role || changed("role", key.temporary.role)));
  const parent = ring.key(key.temporary?.parent ?? "");
  return own || (parent !== undefined && isReached(fixture, parent, given));
}

/** Rights that were taken note of when a key was first seen, as streams, webhooks and bulk operations keep them. */
const lasting = new WeakMap<Fixture, Map<string, TaskRights>>();
const TASK = {
  id: "T-1",
  product: "native",
  type: "x",
  target: { type: "x", id: "x" },
  attributes: {},
};
const READ_TASK = {
  action: "taskscribe:GetTask",
  resource: `acs:taskscribe:cn-hangzhou:${DEFAULT_ACCOUNT}:task/T-1`,
};

/** What began with a key goes on exactly as long as the key may do it now; nothing of a key that is gone. */
function checkLasting(fixture: Fixture): void {
  const { ring, control, clock } = fixture;
  const begun = lasting.get(fixture) ?? new Map<string, TaskRights>();
  lasting.set(fixture, begun);
  for (const { id } of ring.keys) {
    const maker = { accessKeyId: id, source: "", secure: false };
    if (!begun.has(id)) begun.set(id, control.rightsOf(DEFAULT_ACCOUNT, maker));
  }
  for (const [id, rights] of begun) {
    const entry = ring.entry(id);
    const isGood = entry?.credential.enabled === true && clock.now() < entry.endsAt;
    const may = isGood && decisionOf(entry.rights, READ_TASK, {}).allowed;
    assert.equal(rights.refusal("GetTask", TASK) === undefined, may, `lasting work of ${id}`);
  }
}

async function take(fixture: Fixture, step: Step): Promise<void> {
  const { ring, api, clock } = fixture;
  const before = allRights(fixture);
  if (step.action === "time") {
    clock.jump(400_000 * (step.on + 1));
    checkNarrower(fixture, before, () => false);
    return;
  }
  const by = step.by % 3 === 0 ? undefined : ring.keys[step.by % Math.max(1, ring.keys.length)];
  const author = {
    account: DEFAULT_ACCOUNT,
    actor: by === undefined ? OPERATOR : by.principal,
    accessKeyId: by?.id ?? "",
    source: "",
    requestId: "",
  };
  const makers = by === undefined ? undefined : before.get(by.id);
  const freeBefore = by === undefined || (ring.entry(by.id)?.rights === "full" && !by.temporary);
  const given = parametersOf(fixture, step);
  let made: JsonObject;
  try {
    made = await api.call(step.action, given, author);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    checkNarrower(fixture, before, () => false);
    return;
  }
  lines.add(step.action);
  const grants = GRANTS.has(step.action);
  assert.ok(!grants || freeBefore, `${step.action} was done by a key that may not grant`);
  checkNarrower(fixture, before, (key) => grants && isReached(fixture, key, given));
  if (step.action !== "AssumeRole" || makers === undefined) return;
  for (const line of rightsOf(fixture, String(made["accessKeyId"]))) {
    assert.ok(makers.has(line), `a session may ${line}, and its maker may not`);
  }
}

function checkNarrower(
  fixture: Fixture,
  before: ReadonlyMap<string, ReadonlySet<string>>,
  reached: (key: StoredKey) => boolean,
): void {
  const { ring } = fixture;
  for (const key of ring.keys) {
    const now = rightsOf(fixture, key.id);
    const parent = key.temporary?.parent;
    const parents = parent === undefined ? undefined : rightsOf(fixture, parent);
    for (const line of now) {
      assert.ok(parents?.has(line) ?? true, `${key.id} may ${line}, and its parent may not`);
    }
    const earlier = before.get(key.id);
    if (earlier === undefined || reached(key)) continue;
    for (const line of now) assert.ok(earlier.has(line), `${key.id} may ${line} suddenly`);
  }
  checkLasting(fixture);
}

describe("row 1: rights are the meet of the whole chain", () => {
  test("no operation lets any credential do more, except an explicit grant to it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { minLength: 5, maxLength: 40 }), async (steps) => {
        const fixture = await openFixture();
        await fixture.makeKey();
        for (const step of steps) await take(fixture, step);
        const after = await openFixture({ store: fixture.store, clock: fixture.clock });
        assert.deepEqual(allRights(after), allRights(fixture), "a restart changes rights");
      }),
      { numRuns: 300 },
    );
    for (const action of [...GRANTS, "AssumeRole", "DeleteAccessKey", "DeletePolicy", "DeleteRole"])
      assert.ok(lines.has(action), `${action} never succeeded`);
  });

  test("of a restricted key, its session and the session of that: nothing is left when the first is deleted", async () => {
    const fixture = await openFixture();
    const { makeKey, asOperator, api, ring } = fixture;
    const { accessKeyId, account } = await makeKey();
    await asOperator("AttachPolicy", { name: "p", accessKeyId, document: DOCUMENTS[1] ?? {} });
    const as = (id: string) => ({ account, actor: "", accessKeyId: id, source: "", requestId: "" });
    const first = String((await api.call("AssumeRole", {}, as(accessKeyId)))["accessKeyId"]);
    const second = String((await api.call("AssumeRole", {}, as(first)))["accessKeyId"]);
    assert.ok(rightsOf(fixture, second).size > 0);
    await asOperator("DeleteAccessKey", { accessKeyId });
    assert.equal(ring.entry(second)?.credential.enabled, false);
    assert.deepEqual(ring.entry(second)?.rights, noRights(second));
    assert.equal(rightsOf(fixture, second).size, 0);
  });

  test("a circle, a gap or another account in the chain allows nothing", () => {
    const key = (id: string, parent?: string, account = "a"): StoredKey => ({
      id,
      account,
      principal: id,
      sealed: "",
      enabled: true,
      createdAt: 0,
      ...(parent !== undefined && { temporary: { expiresAt: 1, parent } }),
    });
    const keys = [
      key("1", "2"),
      key("2", "1"),
      key("3", "nobody"),
      key("4", "5"),
      key("5", undefined, "b"),
    ];
    const source = {
      key: (id: string) => keys.find((one) => one.id === id),
      role: () => undefined,
      isClosed: () => false,
      attachedTo: () => [],
    };
    for (const one of keys.slice(0, 4)) {
      const { enabled, rights } = standingOf(one, source);
      assert.deepEqual([enabled, rights], [false, noRights(one.id)], one.id);
    }
  });
});
