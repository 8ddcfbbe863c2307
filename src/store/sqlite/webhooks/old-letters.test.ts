import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { memoryFolder } from "../../../../test/support/memory-folder.ts";
import { openSqliteWebhookStore } from "./sqlite-webhook-store.ts";

/* Row 24 of issue 14. */

const RAW = [
  "connect ECONNREFUSED 10.0.0.5:6379",
  "getaddrinfo ENOTFOUND vault.internal",
  "169.254.169.254 is inside this host's networks; allow it with webhookTargets if it is meant",
  "Hostname/IP does not match certificate's altnames: Host: db.internal. is not in the cert's altnames",
  "the target answered 500 from 10.0.0.5",
  "no answer within 10000 ms of 10.0.0.5 ms",
];
const OURS = [
  "the target answered 500",
  "the target answered 302; redirects are not followed",
  "no answer within 10000 ms",
  "the target refused the connection",
];

test("errors of letters that an earlier version stored tell nothing about the inside (row 24)", async () => {
  const folder = memoryFolder("letters");
  const store = await openSqliteWebhookStore(folder);
  for (const [index, error] of [...RAW, ...OURS].entries()) {
    const letter = { webhookId: "w", position: index + 1, taskId: "t", attempts: 3, error, at: 5 };
    await store.putDeadLetters([letter]);
  }
  await store.close();
  const db = new DatabaseSync(join(folder, "webhooks.db"));
  db.exec("PRAGMA user_version = 1; INSERT INTO dead_letters VALUES ('damaged', 1, 'no JSON')");
  db.close();
  const again = await openSqliteWebhookStore(folder);
  const letters = await again.deadLetters("w", 0, 100);
  const expected = [...RAW.map(() => "the delivery failed"), ...OURS];
  assert.deepEqual(
    letters.map(({ error }) => error),
    expected,
  );
  assert.deepEqual(letters[0], {
    webhookId: "w",
    position: 1,
    taskId: "t",
    attempts: 3,
    error: "the delivery failed",
    at: 5,
  });
  await again.close();
  rmSync(folder, { recursive: true, force: true });
});
