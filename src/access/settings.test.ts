import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NAME_EXPECTED } from "../core/values/names.ts";
import { complaintAbout } from "./settings.ts";

const fine = { keys: [], throttling: undefined, quotas: {}, shares: {} };
const key = { accessKeyId: "LTAI1", accessKeySecret: "s3cret", account: "200" };

describe("settings of access", () => {
  test("that can be used are used", () => {
    const throttling = { changes: { perSecond: 0.1, burst: 1 }, operations: {} };
    const shares = { waits: 0, accounts: { "200": { requests: 1 } } };
    const settings = { keys: [key], throttling, quotas: { openTasks: 0 }, shares };
    assert.equal(complaintAbout(fine), undefined);
    assert.equal(complaintAbout(settings), undefined);
  });

  const wrong: readonly (readonly [object, string])[] = [
    [{ keys: [key, { ...key, account: "" }] }, "keys[1].account is empty; give a text"],
    [
      { keys: [{ ...key, accessKeySecret: undefined }] },
      "keys[0].accessKeySecret is undefined; give a text",
    ],
    [
      { throttling: { operations: { "cs:CreateCluster": { perSecond: 0, burst: 1 } } } },
      'throttling cs:CreateCluster is {"perSecond":0,"burst":1}; give perSecond above 0 and a burst of at least 1',
    ],
    [
      { throttling: { accounts: { "200": { reads: { perSecond: 1, burst: 0 } } } } },
      'throttling of 200 reads is {"perSecond":1,"burst":0}; give perSecond above 0 and a burst of at least 1',
    ],
    [{ quotas: { openTasks: -1 } }, "quotas.openTasks is -1; give a whole number"],
    [
      { quotas: { accounts: { "team a": {} } } },
      `quotas.accounts is "team a"; give ${NAME_EXPECTED}`,
    ],
    [
      { shares: { accounts: { "team/a": {} } } },
      `shares.accounts is "team/a"; give ${NAME_EXPECTED}`,
    ],
  ];
  for (const [settings, complaint] of wrong) {
    test(complaint, () => assert.equal(complaintAbout({ ...fine, ...settings }), complaint));
  }
});
