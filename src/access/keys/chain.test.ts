import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { NamedPolicy } from "../../auth/policy/policy.ts";
import type { StoredKey, StoredRole } from "../../store/access-store.ts";
import { type ChainSource, noRights, sessionDocument, standingOf } from "./chain.ts";

/* What follows from a chain of keys, as values: no ring, no store. */

const ALLOW = { Version: "1", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };

function key(id: string, over: Partial<StoredKey> = {}): StoredKey {
  const principal = `acs:ram::1:user/${id}`;
  return { id, account: "1", principal, sealed: "", enabled: true, createdAt: 0, ...over };
}

function session(
  id: string,
  temporary: Partial<NonNullable<StoredKey["temporary"]>> = {},
  over: Partial<StoredKey> = {},
): StoredKey {
  const { role = "" } = temporary;
  const principal = role === "" ? `acs:ram::1:user/${id}` : `acs:ram::1:assumed-role/${role}/${id}`;
  return key(id, { principal, temporary: { expiresAt: 100, ...temporary }, ...over });
}

interface World {
  readonly keys?: readonly StoredKey[];
  readonly roles?: readonly string[];
  /** Names of policies by `key NAME` or `role NAME`. */
  readonly attached?: Readonly<Record<string, readonly string[]>>;
  readonly closed?: readonly string[];
}

function world({ keys = [], roles = [], attached = {}, closed = [] }: World): ChainSource {
  return {
    key: (id) => keys.find((one) => one.id === id),
    role: (account, name) =>
      roles.includes(name) ? ({ account, name, id: `id of ${name}` } as StoredRole) : undefined,
    isClosed: (account) => closed.includes(account),
    attachedTo: (_, kind, target) => (attached[`${kind} ${target}`] ?? []).map(policyNamed),
  };
}

function policyNamed(name: string): NamedPolicy {
  return { name, policy: { version: "1", statements: [] } };
}

/** The sets that a key is held to: whose, and the names of the policies. */
function setsOf(one: StoredKey, source: ChainSource) {
  const { rights } = standingOf(one, source);
  if (rights === "full") return rights;
  return rights.every.map(({ link, policies }) => [
    `${link.kind} ${link.name}`,
    ...policies.map(({ name }) => name),
  ]);
}

describe("the rights of a key", () => {
  const root = key("root");
  const child = session("child", { parent: "root" });

  test("are full without a policy, also of the temporary keys that come from it", () => {
    const source = world({ keys: [root, child] });
    assert.equal(setsOf(root, source), "full");
    assert.equal(setsOf(child, source), "full");
    assert.equal(setsOf(session("alone"), source), "full");
  });

  test("are held to its policies, with all that comes from it", () => {
    const source = world({ keys: [root, child], attached: { "key root": ["p", "q"] } });
    assert.deepEqual(setsOf(root, source), [["key root", "p", "q"]]);
    assert.deepEqual(setsOf(child, source), [["key root", "p", "q"]]);
  });

  test("are held to every role and session policy of the chain, in its order", () => {
    const ops = session("ops1", { parent: "root", role: "ops", sessionPolicy: ALLOW });
    const last = session("last", { parent: "ops1", role: "none", sessionPolicy: ALLOW });
    const keys = [root, ops, last];
    const source = world({ keys, attached: { "key root": ["p"], "role ops": ["r"] } });
    assert.deepEqual(setsOf(ops, source), [
      ["key root", "p"],
      ["role ops", "r"],
      ["session ops1", "(session policy)"],
    ]);
    assert.deepEqual(setsOf(last, source), [
      ["key root", "p"],
      ["role ops", "r"],
      ["session ops1", "(session policy of ops1)"],
      ["role none"],
      ["session last", "(session policy)"],
    ]);
  });

  test("by a session policy that cannot be read are none", () => {
    const odd = session("odd", { sessionPolicy: { Version: "9" } });
    const { rights } = standingOf(odd, world({}));
    assert.ok(rights !== "full");
    const [statement] = rights.every[0]?.policies[0]?.policy.statements ?? [];
    assert.deepEqual([statement?.effect, statement?.actions], ["Deny", ["*"]]);
  });
});

describe("a chain that is not whole allows nothing", () => {
  const root = key("root");
  const child = session("child", { parent: "root" });
  const nothing = (one: StoredKey, source: ChainSource) => {
    const { enabled, endsAt, rights, networks, principalArn, actor } = standingOf(one, source);
    assert.deepEqual(
      [enabled, endsAt, rights],
      [false, Number.NEGATIVE_INFINITY, noRights(one.id)],
    );
    assert.deepEqual(networks, []);
    assert.deepEqual([principalArn, actor], [one.principal, one.principal]);
  };

  test("because a parent is gone, of another account, or comes from the key itself", () => {
    nothing(child, world({}));
    nothing(child, world({ keys: [key("root", { account: "2" })] }));
    const loop = [session("a", { parent: "b" }), session("b", { parent: "a" })] as const;
    for (const one of loop) nothing(one, world({ keys: loop }));
  });

  test("because the account is closed", () => {
    nothing(root, world({ keys: [root], closed: ["1"] }));
  });

  test("because its role, or that of a parent, is gone or another one", () => {
    const ops = session("ops1", { parent: "root", role: "ops", roleId: "id of ops" });
    const last = session("last", { parent: "ops1" });
    const keys = [root, ops, last];
    for (const one of [ops, last]) {
      assert.equal(standingOf(one, world({ keys, roles: ["ops"] })).enabled, true);
      nothing(one, world({ keys }));
    }
    const former = session("former", { role: "ops", roleId: "another id" });
    nothing(former, world({ roles: ["ops"] }));
    const implied = session("implied", { role: "nobody made it" });
    assert.equal(standingOf(implied, world({})).enabled, true);
  });
});

describe("of a whole chain", () => {
  test("one disabled key disables the rest", () => {
    const child = session("child", { parent: "root" });
    const enabled = (root: StoredKey, one: StoredKey) =>
      standingOf(one, world({ keys: [root, one] })).enabled;
    assert.equal(enabled(key("root"), child), true);
    assert.equal(enabled(key("root", { enabled: false }), child), false);
    assert.equal(enabled(key("root"), { ...child, enabled: false }), false);
  });

  test("the first end counts, also one of a parent", () => {
    const ends = (root: Partial<StoredKey>, expiresAt: number) => {
      const one = session("child", { parent: "root", expiresAt });
      return standingOf(one, world({ keys: [key("root", root), one] })).endsAt;
    };
    assert.equal(ends({}, 100), 100);
    assert.equal(ends({ expiresAt: 50 }, 100), 50);
    assert.equal(ends({ expiresAt: 150 }, 100), 100);
    assert.equal(standingOf(key("root"), world({})).endsAt, Number.POSITIVE_INFINITY);
    const both = session("child", { expiresAt: 100 }, { expiresAt: 20 });
    assert.equal(standingOf(both, world({})).endsAt, 100);
  });

  test("every list of networks counts", () => {
    const root = key("root", { networks: ["10.0.0.0/8", "::1"] });
    const child = session("child", { parent: "root" }, { networks: ["10.1.0.0/16"] });
    const source = world({ keys: [root, child] });
    assert.deepEqual(
      standingOf(root, source).networks?.map(({ length }) => length),
      [2],
    );
    assert.deepEqual(
      standingOf(child, source).networks?.map(({ length }) => length),
      [2, 1],
    );
    assert.equal(standingOf(key("any"), source).networks, undefined);
  });
});

describe("who a key is", () => {
  const ada = key("k1", { principal: "acs:ram::1:user/ada" });
  const who = (one: StoredKey, ...others: StoredKey[]) => {
    const { principalArn, actor } = standingOf(one, world({ keys: [ada, one, ...others] }));
    return [principalArn, actor];
  };

  test("in conditions is the user or the role, in the audit also the session and who began", () => {
    const user = "acs:ram::1:user/ada";
    assert.deepEqual(who(ada), [user, user]);
    assert.deepEqual(who(session("s", { parent: "k1" })), [user, user]);
    const ops = session("night", { parent: "k1", role: "ops" });
    const role = "acs:ram::1:role/ops";
    const actor = "acs:ram::1:assumed-role/ops/night/user/ada";
    assert.deepEqual(who(ops), [role, actor]);
    assert.deepEqual(who(session("s", { parent: "night" }), ops), [role, actor]);
    const second = session("s", { parent: "night", role: "other" });
    assert.deepEqual(who(second, ops), [
      "acs:ram::1:role/other",
      "acs:ram::1:assumed-role/other/s/user/ada",
    ]);
  });

  test("that the operator made is named by its id, and its role was begun by the operator", () => {
    assert.deepEqual(who(session("s")), ["acs:ram::1:user/s", "acs:ram::1:user/s"]);
    assert.deepEqual(who(session("s", { role: "ops" })), [
      "acs:ram::1:role/ops",
      "acs:ram::1:assumed-role/ops/s/operator",
    ]);
  });
});

test("the document of a session policy is found by its name in the rights", () => {
  const parent = session("first", { sessionPolicy: { Version: "1" } });
  const child = session("child", { parent: "first", sessionPolicy: ALLOW });
  const source = world({ keys: [parent, child] });
  assert.equal(sessionDocument(child, "(session policy)", source), ALLOW);
  assert.deepEqual(sessionDocument(child, "(session policy of first)", source), { Version: "1" });
  assert.equal(sessionDocument(child, "(session policy of gone)", source), undefined);
  assert.equal(sessionDocument(child, "p", source), undefined);
  assert.equal(sessionDocument(key("k"), "(session policy)", source), undefined);
});
