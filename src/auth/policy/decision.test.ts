import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fc } from "../../../test/support/properties.ts";
import {
  decisionOf,
  decisionsOfEach,
  firstRefused,
  type Link,
  type Restriction,
  type RightDecision,
  type Rights,
} from "./decision.ts";
import { LONGEST_RESOURCE, type NamedPolicy } from "./policy.ts";
import { parsePolicy } from "./policy-document.ts";

const READ = { action: "cs:Read", resource: "acs:cs:r:1:cluster/c1" };
const WRITE = { action: "cs:Write", resource: "acs:cs:r:1:cluster/c1" };

const KEY: Link = { kind: "key", name: "LTAI1" };
const ROLE: Link = { kind: "role", name: "ops" };
const SESSION: Link = { kind: "session", name: "STS.1" };

function policy(name: string, Effect: string, Action: string, more: object = {}): NamedPolicy {
  const statement = { Effect, Action, Resource: "*", ...more };
  const parsed = parsePolicy({ Version: "1", Statement: [statement] });
  assert.ok(parsed.ok);
  return { name, policy: parsed.policy };
}

const ALL = policy("all", "Allow", "*");
const READERS = policy("readers", "Allow", "cs:Read");
const NO_WRITES = policy("no-writes", "Deny", "cs:Write");
const AT_NIGHT = policy("at-night", "Allow", "*", {
  Condition: { DateGreaterThan: { "acs:CurrentTime": "2026-11-30T20:00:00Z" } },
});

const set = (link: Link, ...policies: NamedPolicy[]): Restriction => ({ link, policies });
const chain = (...every: Restriction[]): Rights => ({ every });

const allowedBy = (link: Link, policyName: string): RightDecision => ({
  allowed: true,
  decidedBy: { policy: policyName, statementIndex: 0, effect: "Allow" },
  link,
});
const deniedBy = (link: Link, policyName: string): RightDecision => ({
  allowed: false,
  decidedBy: { policy: policyName, statementIndex: 0, effect: "Deny" },
  link,
});
const notAllowedBy = (link: Link | undefined): RightDecision => ({
  allowed: false,
  decidedBy: "no statement matches",
  link,
});

describe("the decision about a chain", () => {
  const decided = (rights: Rights, context = {}) => decisionOf(rights, WRITE, context);

  test("without a restriction allows everything, and says so", () => {
    assert.deepEqual(decided("full"), {
      allowed: true,
      decidedBy: "nothing limits it",
      link: undefined,
    });
  });

  test("of no set at all allows nothing: an empty list never means that nothing limits", () => {
    assert.deepEqual(decided(chain()), notAllowedBy(undefined));
  });

  test("of a set without policies allows nothing", () => {
    assert.deepEqual(decided(chain(set(ROLE))), notAllowedBy(ROLE));
  });

  test("allows what every set allows, by the last of them", () => {
    assert.deepEqual(decided(chain(set(KEY, ALL))), allowedBy(KEY, "all"));
    assert.deepEqual(
      decided(chain(set(KEY, ALL), set(ROLE, policy("ops", "Allow", "cs:*")))),
      allowedBy(ROLE, "ops"),
    );
  });

  test("refuses what one set does not allow, wherever it stands", () => {
    for (const [link, rights] of [
      [KEY, chain(set(KEY, READERS), set(ROLE, ALL), set(SESSION, ALL))],
      [ROLE, chain(set(KEY, ALL), set(ROLE, READERS), set(SESSION, ALL))],
      [SESSION, chain(set(KEY, ALL), set(ROLE, ALL), set(SESSION, READERS))],
    ] as const)
      assert.deepEqual(decided(rights), notAllowedBy(link));
  });

  test("names the first of the sets that do not allow", () => {
    assert.deepEqual(
      decided(chain(set(KEY, ALL), set(ROLE, READERS), set(SESSION))),
      notAllowedBy(ROLE),
    );
  });

  test("names a statement that denies before a set in which none allows", () => {
    for (const [link, rights] of [
      [KEY, chain(set(KEY, ALL, NO_WRITES), set(ROLE, READERS))],
      [ROLE, chain(set(KEY, READERS), set(ROLE, ALL, NO_WRITES))],
      [SESSION, chain(set(KEY), set(ROLE, ALL), set(SESSION, NO_WRITES))],
    ] as const)
      assert.deepEqual(decided(rights), deniedBy(link, "no-writes"));
  });

  test("names the first statement that denies", () => {
    const other = policy("nothing", "Deny", "*");
    assert.deepEqual(
      decided(chain(set(KEY, ALL, NO_WRITES), set(ROLE, other))),
      deniedBy(KEY, "no-writes"),
    );
  });

  test("knows the time only from the facts of the request", () => {
    const rights = chain(set(KEY, AT_NIGHT));
    const at = (time: string) => decided(rights, { "acs:CurrentTime": time }).allowed;
    assert.equal(at("2026-11-30T21:00:00Z"), true);
    assert.equal(at("2026-11-30T19:00:00Z"), false);
    assert.equal(decided(rights).allowed, false);
  });

  test("is the meet of what each set says, and a further set never allows more", () => {
    const one = fc.constantFrom(ALL, READERS, NO_WRITES, AT_NIGHT);
    const sets = fc.array(
      fc.record({ link: fc.constantFrom(KEY, ROLE, SESSION), policies: fc.array(one) }),
    );
    fc.assert(
      fc.property(sets, fc.constantFrom(READ, WRITE), (every, asked) => {
        const each = decisionsOfEach({ every }, asked, {});
        const whole = decisionOf({ every }, asked, {});
        assert.equal(whole.allowed, each.length > 0 && each.every(({ allowed }) => allowed));
        assert.ok(each.length === 0 || each.some((part) => isSame(part, whole)));
        const more = decisionOf({ every: [...every, set(SESSION, READERS)] }, asked, {});
        assert.ok(!more.allowed || whole.allowed || every.length === 0);
      }),
    );
  });
});

function isSame(one: RightDecision, other: RightDecision): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

test("each set is told with what it says by itself, in the order of the chain", () => {
  const rights = chain(set(KEY, ALL), set(ROLE, NO_WRITES), set(SESSION, READERS));
  assert.deepEqual(decisionsOfEach(rights, WRITE, {}), [
    allowedBy(KEY, "all"),
    deniedBy(ROLE, "no-writes"),
    notAllowedBy(SESSION),
  ]);
  assert.deepEqual(decisionsOfEach("full", WRITE, {}), []);
});

describe("of several rights", () => {
  const refused = (rights: Rights, unlessDenied = false) =>
    firstRefused(rights, [READ, WRITE], {}, unlessDenied);

  test("all must be given", () => {
    assert.equal(refused("full"), undefined);
    assert.equal(refused(chain(set(KEY, ALL))), undefined);
    assert.deepEqual(refused(chain(set(KEY, READERS))), { ...WRITE, ...notAllowedBy(KEY) });
    assert.deepEqual(refused(chain(set(KEY))), { ...READ, ...notAllowedBy(KEY) });
    assert.deepEqual(refused(chain(set(KEY, ALL, NO_WRITES))), {
      ...WRITE,
      ...deniedBy(KEY, "no-writes"),
    });
  });

  test("none is asked for: nothing is refused", () => {
    assert.equal(firstRefused(chain(set(KEY)), [], {}, false), undefined);
  });

  test("what no statement is about is excused where only a Deny counts", () => {
    assert.equal(refused(chain(set(KEY)), true), undefined);
    assert.equal(refused(chain(set(KEY, READERS), set(ROLE)), true), undefined);
    assert.deepEqual(refused(chain(set(KEY, NO_WRITES)), true), {
      ...WRITE,
      ...deniedBy(KEY, "no-writes"),
    });
  });

  test("what is too long to be judged is never excused", () => {
    const long = { action: "cs:Read", resource: "x".repeat(LONGEST_RESOURCE + 1) };
    const found = firstRefused(chain(set(KEY, ALL)), [long], {}, true);
    assert.equal(found?.decidedBy, "the action or the resource is too long");
  });
});
