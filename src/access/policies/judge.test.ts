import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Rights } from "../../auth/policy/decision.ts";
import { parsePolicy } from "../../auth/policy/policy-document.ts";
import type { KeyEntry } from "../keys/key-ring.ts";
import {
  CONDITION_KEYS,
  contextOf,
  denialOf,
  isUnrestricted,
  tooManyNamed,
  unknownCaller,
} from "./judge.ts";

const ASKED = [{ action: "cs:Read", resource: "acs:cs:r:1:cluster/c1" }];
const MESSAGE =
  "User not authorized to operate on the specified resource, or this API doesn't support RAM.";

/** What the judge looks at of a key. */
type Judged = Pick<KeyEntry, "rights" | "principalArn"> & {
  readonly key: Pick<KeyEntry["key"], "account" | "principal" | "temporary">;
};

function keyWith(rights: Rights, over: Partial<Judged["key"]> = {}): KeyEntry {
  const key = { account: "1", principal: "acs:ram::1:user/ada", ...over };
  return { key, rights, principalArn: "acs:ram::1:user/ada" } as Judged as KeyEntry;
}

function under(...statements: readonly object[]): Rights {
  const parsed = parsePolicy({ Version: "1", Statement: statements });
  assert.ok(parsed.ok);
  const policies = [{ name: "p", policy: parsed.policy }];
  return { every: [{ link: { kind: "key", name: "LTAI1" }, policies }] };
}

const ALLOW = { Effect: "Allow", Action: "*", Resource: "*" };
const DENY = { Effect: "Deny", Action: "cs:*", Resource: "*" };
const NOTHING: Rights = { every: [] };

describe("a refusal by policy", () => {
  const refused = (entry: KeyEntry) => denialOf(entry, ASKED, {}, "Forbidden.RAM");

  test("does not come to a key that may do it", () => {
    assert.equal(refused(keyWith("full")), undefined);
    assert.equal(refused(keyWith(under(ALLOW))), undefined);
  });

  test("by a statement tells which, what was asked for, and by whom", () => {
    assert.deepEqual(refused(keyWith(under(ALLOW, DENY))), {
      status: 403,
      code: "Forbidden.RAM",
      message: MESSAGE,
      reason: "denied-by-policy",
      detail: {
        AuthAction: "cs:Read",
        AuthResource: "acs:cs:r:1:cluster/c1",
        AuthPrincipalType: "SubUser",
        AuthPrincipalOwnerId: "1",
        AuthPrincipalDisplayName: "ada",
        NoPermissionType: "ExplicitDeny",
        PolicyType: "AccountLevelIdentityBasedPolicy",
        DecidedBy: "p, statement 1",
      },
    });
  });

  test("because no statement allows names none", () => {
    assert.deepEqual(refused(keyWith(NOTHING)), {
      status: 403,
      code: "Forbidden.RAM",
      message: MESSAGE,
      reason: "not-allowed-by-policy",
      detail: {
        AuthAction: "cs:Read",
        AuthResource: "acs:cs:r:1:cluster/c1",
        AuthPrincipalType: "SubUser",
        AuthPrincipalOwnerId: "1",
        AuthPrincipalDisplayName: "ada",
        NoPermissionType: "ImplicitDeny",
        PolicyType: "AccountLevelIdentityBasedPolicy",
      },
    });
  });

  test("of a session is one of its role", () => {
    const principal = "acs:ram::1:assumed-role/ops/night";
    const entry = keyWith(NOTHING, { principal, temporary: { expiresAt: 1, role: "ops" } });
    const { detail } = refused(entry) ?? {};
    assert.equal(detail?.["AuthPrincipalType"], "AssumedRoleUser");
    assert.equal(detail?.["PolicyType"], "AssumeRolePolicy");
    assert.equal(detail?.["AuthPrincipalDisplayName"], "ops/night");
    const roleless = refused(keyWith(NOTHING, { temporary: { expiresAt: 1 } }));
    assert.equal(roleless?.detail?.["AuthPrincipalType"], "SubUser");
  });

  test("is spared where only a Deny counts and no statement is about it", () => {
    assert.equal(denialOf(keyWith(NOTHING), ASKED, {}, "x", true), undefined);
    assert.equal(denialOf(keyWith(under(DENY)), ASKED, {}, "x", true)?.reason, "denied-by-policy");
  });

  test("of a key that nobody knows any more is one, too", () => {
    assert.deepEqual(unknownCaller("NoPermission"), {
      status: 403,
      code: "NoPermission",
      message: MESSAGE,
      reason: "unknown-key",
    });
  });

  test("of a call that names too much is a refusal by policy, too", () => {
    assert.deepEqual(tooManyNamed("NoPermission"), {
      status: 403,
      code: "NoPermission",
      message: MESSAGE,
      reason: "too-many-things-named",
    });
  });
});

test("only a key with full rights is unrestricted", () => {
  assert.ok(isUnrestricted(keyWith("full")));
  assert.ok(!isUnrestricted(keyWith(NOTHING)));
  assert.ok(!isUnrestricted(keyWith(under(ALLOW))));
});

test("conditions know the address, the transport, the principal, and the time that is given", () => {
  const entry = keyWith("full");
  const now = Date.UTC(2026, 10, 30, 8, 0, 0, 5);
  const context = contextOf({ source: "192.0.2.1", secure: true }, entry, now);
  assert.deepEqual(context, {
    "acs:SourceIp": "192.0.2.1",
    "acs:CurrentTime": "2026-11-30T08:00:00.005Z",
    "acs:SecureTransport": true,
    "acs:PrincipalArn": "acs:ram::1:user/ada",
  });
  assert.deepEqual(Object.keys(context).sort(), [...CONDITION_KEYS].sort());
});
