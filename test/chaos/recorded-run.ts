// One life of the stores, for recorded-disk.ts: node recorded-run.ts DIRECTORY ROUND [close | die]
// What was told is noted in a file of the directory, so that it stands in the record where it was told.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { openSqliteAccessStore } from "../../src/store/sqlite/access/open-access.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { openSqliteWebhookStore } from "../../src/store/sqlite/webhooks/sqlite-webhook-store.ts";
import type { Append, Store } from "../../src/store/store.ts";
import { record } from "../contracts/access-store-contract.ts";
import { ACCOUNT, following, submission } from "../contracts/store-contract.ts";

/** Something that must be there from here on. */
export interface Told {
  readonly kind: "task" | "webhook" | "letter" | "audit";
  readonly id: string;
  /** Of a task its version, of an audit the number of its entries. */
  readonly version: number;
}

export const TOLD_FILE = "told";
const TASKS = 4;

if (import.meta.main) await main();

async function main(): Promise<void> {
  const [directory = "", round = "", end = ""] = process.argv.slice(2);
  const tell = (told: Told) =>
    appendFileSync(join(directory, TOLD_FILE), `${JSON.stringify(told)}\n`);
  const store = await openSqliteStore(directory);
  const ended: string[] = [];
  for (let i = 0; i < TASKS; i++) ended.push(await task(store, `t-${round}-${i}`, tell));
  await store.archive(ended.slice(0, 2));
  await others(directory, round, tell);
  await task(store, `t-${round}-last`, tell);
  // A kill leaves the log as it is.
  if (end !== "close") process.kill(process.pid, "SIGKILL");
  await store.close();
}

/** Repeats an append until it succeeds. A disk that failed once accepts it the next time, and then everything must be there. */
async function task(store: Store, id: string, tell: (told: Told) => void): Promise<string> {
  const submitted = submission({ id, input: { text: "x".repeat(3_000) } });
  const { task: pending } = submitted;
  await append(store, submitted);
  tell({ kind: "task", id, version: pending.version });
  const at = pending.createdAt;
  const canceled = following(pending, {
    type: "CancelTask",
    at,
    by: "me",
    reason: "",
    deadline: 0,
  });
  await append(store, canceled);
  tell({ kind: "task", id, version: canceled.task.version });
  return id;
}

async function append(store: Store, wanted: Append): Promise<void> {
  const { outcome } = await store.append(wanted).catch(() => {
    if (process.argv[4] === "die") process.kill(process.pid, "SIGKILL");
    return store.append(wanted);
  });
  if (outcome !== "appended") throw new Error(outcome);
}

async function others(directory: string, round: string, tell: (told: Told) => void): Promise<void> {
  const webhooks = await openSqliteWebhookStore(directory);
  const id = `wh-${round}`;
  const texts = { url: "http://a", secret: "s", filter: "", description: "" };
  await webhooks.put({ id, account: ACCOUNT, ...texts, createdAt: 1, cursor: 0 });
  tell({ kind: "webhook", id, version: 1 });
  await webhooks.saveProgress(new Map([[id, { cursor: 1, lanes: [], ended: [] }]]));
  const letter = { webhookId: id, position: 1, taskId: "t", attempts: 16, error: "no", at: 1 };
  await webhooks.putDeadLetters([letter]);
  tell({ kind: "letter", id, version: 1 });
  const access = await openSqliteAccessStore(directory);
  for (let left = 2; left > 0; left--) {
    await access.write({ audit: [record()] });
    tell({ kind: "audit", id: "", version: (await access.auditHead()).seq });
  }
}
