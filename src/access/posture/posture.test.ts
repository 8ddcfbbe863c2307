import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SERVER_FACTS } from "../../../test/support/access-fixture.ts";
import type { KeyFacts, PostureFacts, ServerFacts } from "./facts.ts";
import { allowsEverything, trustsAnybody } from "./key-checks.ts";
import { postureOf } from "./posture.ts";

const DAY_MS = 86_400_000;
const NOW = Date.parse("2026-01-02T03:04:05Z");

const KEY: KeyFacts = {
  id: "LTAI1",
  account: "200",
  enabled: true,
  createdAt: NOW - 10 * DAY_MS,
  temporary: false,
  limited: true,
  expiresAt: NOW + DAY_MS,
  lastUsedAt: NOW - DAY_MS,
};
const FACTS: PostureFacts = {
  now: NOW,
  server: SERVER_FACTS,
  accounts: 1,
  keys: [KEY],
  roles: [],
  policies: [],
  unusable: [],
  secretKey: { id: "1b354ea9fea5ea80", source: "the test", since: NOW - DAY_MS, outdated: 0 },
};

/** `check: state` of everything that is not ok. */
function attention(facts: Partial<PostureFacts>): readonly string[] {
  return postureOf({ ...FACTS, ...facts })
    .filter(({ state }) => state !== "ok")
    .map(({ check, state }) => `${check}: ${state}`);
}

const server = (change: Partial<ServerFacts>) =>
  attention({ server: { ...SERVER_FACTS, ...change } });
const key = (change: Partial<KeyFacts>) => attention({ keys: [{ ...KEY, ...change }] });

describe("the posture of a server", () => {
  test("row 4: names stored records that cannot be used", () => {
    assert.deepEqual(attention({ unusable: ["key LTAI1"] }), ["stored records: look"]);
  });

  test("tells which secret key is in use, whether it is old, and what is not sealed anew", () => {
    const { secretKey } = FACTS;
    const found = postureOf(FACTS).find(({ check }) => check === "key of the secrets");
    assert.equal(found?.found, "1b354ea9fea5ea80 from the test, since 2026-01-01");
    const old = { ...secretKey, since: NOW - 366 * DAY_MS };
    assert.deepEqual(attention({ secretKey: old }), ["key of the secrets: look"]);
    const under = { ...secretKey, outdated: 3 };
    assert.deepEqual(attention({ secretKey: under }), ["key of the secrets: look"]);
  });

  test("that is set up strictly is all ok, and every check says something", () => {
    assert.deepEqual(attention({}), []);
    const findings = postureOf(FACTS);
    assert.equal(new Set(findings.map(({ check }) => check)).size, findings.length);
    for (const { check, found, todo } of findings) {
      assert.notEqual(found, "", check);
      assert.equal(todo, "", check);
    }
  });

  const alone = { host: "127.0.0.1", onlyThisMachine: true };
  const cases: readonly (readonly [Partial<ServerFacts>, readonly string[]])[] = [
    [{ mode: "off" }, ["authentication: open"]],
    [{ mode: "known" }, ["authentication: open"]],
    [{ mode: "off", ...alone }, ["authentication: look"]],
    [{ insecure: true }, ["who can reach the port: open"]],
    [{ mode: "off", ...alone, allowHost: ["x"] }, ["authentication: look", "names in Host: look"]],
    [{ tls: undefined }, ["TLS: open"]],
    [{ tls: undefined, requireTls: false }, ["TLS: open", "signed requests over plain HTTP: look"]],
    [{ tls: undefined, requireTls: false, ...alone }, []],
    [{ proxy: true }, ["forward proxy: open"]],
    [{ proxy: true, ...alone }, []],
    [{ schemes: ["acs3", "roa-v1"] }, ["signature schemes: look"]],
    [{ requireNonce: false }, ["nonce: look"]],
    [{ requireNonce: false, maxClockDifferenceMs: 900_000 }, ["nonce: look", "clock: look"]],
    [{ throttled: false }, ["throttling: look"]],
    [{ limited: false }, ["quotas: look"]],
    [{ webhookTargets: "10.0.0.0/8" }, ["targets of webhooks: look"]],
    [{ webhookTargets: "10.0.0.0/8, any" }, ["targets of webhooks: open"]],
    [{ files: [{ path: "secret.key", mode: 0o640 }] }, ["files: open"]],
    [{ files: [{ path: "secret.key", mode: 0o600 }] }, []],
    [{ nodeVersion: "v22.1.0" }, ["Node: look"]],
    [{ audit: { shippedTo: "", signedHeads: true } }, ["audit: look"]],
    [{ audit: { shippedTo: "audit.jsonl", signedHeads: true } }, []],
    [
      { clientCertificates: { mode: "optional", mapped: 1, revocationList: false } },
      ["client certificates: look"],
    ],
    [{ clientCertificates: { mode: "required", mapped: 0, revocationList: true } }, []],
  ];
  for (const [change, expected] of cases)
    test(`${JSON.stringify(change)} needs ${expected.join(", ") || "no look"}`, () =>
      assert.deepEqual(server(change), expected));

  test("reads without a limit need a look as soon as there is somebody else", () => {
    const unlimited = { server: { ...FACTS.server, readsThrottled: false } };
    assert.deepEqual(attention({ ...unlimited, accounts: 1 }), []);
    assert.deepEqual(attention({ ...unlimited, accounts: 2 }), ["throttling: look"]);
  });

  test("a certificate needs a look 30 days before its end", () => {
    const tls = { certificate: "own", versions: [] } as const;
    const ends = (days: number) => server({ tls: { ...tls, endsAt: NOW + days * DAY_MS } });
    assert.deepEqual(ends(31), []);
    assert.deepEqual(ends(29), ["certificate: look"]);
    assert.deepEqual(ends(-1), ["certificate: look"]);
    assert.deepEqual(server({ tls }), ["certificate: look"]);
  });
});

describe("the posture of keys", () => {
  test("old, unused, endless, without a policy, disabled", () => {
    assert.deepEqual(key({ createdAt: NOW - 91 * DAY_MS }), ["old keys: look"]);
    assert.deepEqual(key({ createdAt: 0 }), []);
    assert.deepEqual(key({ lastUsedAt: null }), ["unused keys: look"]);
    assert.deepEqual(key({ lastUsedAt: null, createdAt: NOW - 1_000 }), []);
    assert.deepEqual(key({ lastUsedAt: NOW - 91 * DAY_MS }), ["unused keys: look"]);
    const { expiresAt: _, ...endless } = KEY;
    assert.deepEqual(attention({ keys: [endless] }), ["keys without an end: look"]);
    assert.deepEqual(key({ limited: false }), ["keys without a policy: look"]);
    assert.deepEqual(key({ enabled: false }), ["disabled keys: look"]);
  });

  test("what is not known is not judged, and temporary keys are only counted", () => {
    const { lastUsedAt: _, ...unknown } = KEY;
    assert.deepEqual(attention({ keys: [unknown] }), []);
    assert.deepEqual(key({ temporary: true, limited: false, createdAt: 1 }), []);
  });

  test("the ids of many keys are shortened", () => {
    const keys = Array.from({ length: 8 }, (_, i) => ({ ...KEY, id: `LTAI${i}`, limited: false }));
    const found = postureOf({ ...FACTS, keys }).find(({ check }) => check.includes("without a p"));
    assert.match(found?.found ?? "", /LTAI0, LTAI1, LTAI2, LTAI3, LTAI4 and 3 more$/);
  });
});

describe("roles and policies", () => {
  const trust = (Principal: object | string, more: object = {}) => ({
    Version: "1",
    Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal, ...more } as never],
  });

  test("a trust policy is wide if it names everybody or a whole account", () => {
    for (const wide of [
      "*",
      { RAM: "*" },
      { RAM: ["acs:ram::200:root"] },
      { RAM: "acs:ram::*:root" },
    ])
      assert.equal(trustsAnybody(trust(wide)), true, JSON.stringify(wide));
    assert.equal(trustsAnybody(trust({ RAM: "acs:ram::200:user/ada" })), false);
    assert.equal(trustsAnybody(trust("*", { Condition: {} })), false);
    assert.equal(trustsAnybody(trust("*", { Effect: "Deny" })), false);
    const roles = [{ name: "ops", account: "200", trust: trust({ RAM: ["*"] }) }];
    assert.deepEqual(attention({ roles }), ["roles: look"]);
  });

  test("a policy is wide if one statement allows everything", () => {
    const allow = (Action: unknown, Resource: unknown, more: object = {}) =>
      ({ Statement: { Effect: "Allow", Action, Resource, ...more } }) as never;
    assert.equal(allowsEverything(allow("*", "*")), true);
    assert.equal(allowsEverything(allow(["cs:Get*", "*"], ["*"])), true);
    assert.equal(allowsEverything(allow("cs:*", "*")), false);
    assert.equal(allowsEverything(allow("*", "acs:cs:*:*:cluster/c1")), false);
    assert.equal(allowsEverything(allow("*", "*", { Condition: {} })), false);
    assert.equal(allowsEverything({ Statement: "nonsense" }), false);
    const policies = [{ name: "admin", account: "200", document: allow("*", "*") }];
    assert.deepEqual(attention({ policies }), ["policies: look"]);
  });
});
