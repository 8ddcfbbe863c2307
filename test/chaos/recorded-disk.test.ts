import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { openSqliteAccessStore } from "../../src/store/sqlite/access/open-access.ts";
import { DirectoryArchive } from "../../src/store/sqlite/archive-files.ts";
import { verifyTasks } from "../../src/store/sqlite/backup/verify.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { openSqliteWebhookStore } from "../../src/store/sqlite/webhooks/sqlite-webhook-store.ts";
import { ACCOUNT } from "../contracts/store-contract.ts";
import { makeOlder } from "../support/first-schema.ts";
import { memoryFolder } from "../support/memory-folder.ts";
import { seeded } from "./damage-bench.ts";
import {
  compile,
  Disk,
  type Operation,
  type Recording,
  readRecord,
  runRecorded,
} from "./recorded-disk.ts";
import { TOLD_FILE, type Told } from "./recorded-run.ts";

// Records in a real process every write and sync of the stores. Then the power is cut after each of these calls. What was
// synced is on the disk, and any part of the rest may be. The test assumes nothing about when SQLite syncs.

const RUN = join(import.meta.dirname, "recorded-run.ts");
const folder = mkdtempSync(join(tmpdir(), "taskscribe-recorded-"));
/** What a cut left is opened here: the power is not cut a second time. */
const left = memoryFolder("taskscribe-cuts-");
after(() => {
  for (const made of [folder, left]) rmSync(made, { recursive: true, force: true });
});
const compiled = compile(folder);
const required = process.env["TASKSCRIBE_CC_REQUIRED"] !== undefined;
const skip = "missing" in compiled && !required && `no C compiler: ${compiled.missing}`;
const random = seeded(11);
let made = 0;

interface Life {
  readonly fail?: string;
  /** `close`: it stops in good order. `die`: it is killed when something fails. Otherwise it is killed at its end. */
  readonly end?: "close" | "die";
}

function newRoot(): string {
  const root = join(folder, `run-${++made}`);
  mkdirSync(root);
  return root;
}

/** Several lives in one directory, each with its own failure. */
async function recorded(root: string, ...lives: Life[]): Promise<readonly Operation[]> {
  assert.ok("library" in compiled);
  const record = `${root}.record`;
  for (const [i, { fail, end }] of lives.entries()) {
    const args = [String(i + 1), ...(end === undefined ? [] : [end])];
    const given: Recording = { ...compiled, root, record, ...(fail !== undefined && { fail }) };
    assert.equal(await runRecorded(RUN, args, given), end === "close" ? 0 : "SIGKILL");
  }
  return readRecord(record);
}

/** A power cut loses memory that is mapped, and everything that is said in it. */
const CHANGES: readonly Operation["what"][] = ["write", "truncate", "unlink"];
const IN_MEMORY = /-shm$/;

interface Cutting {
  /** The disk as it was before the record begins. */
  readonly disk?: Disk;
  /** What was told before it begins. */
  readonly before?: readonly Told[];
  /** From which operation on. */
  readonly from?: number;
}

/** Cuts the power after each change, and opens what is left. */
async function cutEverywhere(
  operations: readonly Operation[],
  { disk = new Disk(random), before = [], from = 0 }: Cutting = {},
): Promise<number> {
  const told = [...before];
  let cuts = 0;
  for (const [index, operation] of operations.entries()) {
    if (IN_MEMORY.test(operation.file)) continue;
    if (operation.file === TOLD_FILE) {
      if (operation.what === "write") told.push(JSON.parse(operation.bytes.toString()));
      continue;
    }
    disk.apply(operation);
    if (index < from || !CHANGES.includes(operation.what)) continue;
    const directory = join(left, `cut-${made}-${++cuts}`);
    disk.cutPower(directory);
    await holds(directory, told);
    rmSync(directory, { recursive: true });
  }
  return cuts;
}

async function holds(directory: string, told: readonly Told[]): Promise<void> {
  const store = await openSqliteStore(directory);
  const webhooks = await openSqliteWebhookStore(directory);
  const access = await openSqliteAccessStore(directory);
  const known = new Set((await webhooks.all()).map(({ id }) => id));
  const audit = await access.readAudit({ after: 0, limit: 1_000 });
  for (const { kind, id, version } of told) {
    if (kind === "task") {
      const task = await store.read(ACCOUNT, id);
      assert.ok(task && task.version >= version, `${id} in version ${version} was told`);
    } else if (kind === "webhook") assert.ok(known.has(id), `${id} was told`);
    else if (kind === "letter") assert.equal((await webhooks.deadLetters(id, 0, 9)).length, 1);
    else assert.ok(audit.length >= version, `${version} audit entries were told`);
  }
  await Promise.all([store.close(), webhooks.close(), access.close()]);
  await verifyTasks(join(directory, "taskscribe.db"), new DirectoryArchive(directory));
}

const syncs = (operations: readonly Operation[], file: string, what: Operation["what"] = "sync") =>
  operations.filter((one) => one.file === file && one.what === what).length;

describe("the power is cut after every call of a recorded run", { skip }, () => {
  test("no answer is lost: first start, kill, archive, checkpoint, webhooks, audit", async (t) => {
    const operations = await recorded(newRoot(), {}, { end: "close" });
    assert.ok(syncs(operations, "taskscribe.db-wal") >= 20, "commits are synced");
    assert.ok(syncs(operations, "taskscribe.db") >= 1, "so is a checkpoint");
    assert.ok(syncs(operations, "archive-000001.jsonl") >= 2, "and the archive");
    t.diagnostic(`${await cutEverywhere(operations)} cuts`);
  });

  test("of a migration of an older file: its content stays", async () => {
    const root = newRoot();
    const { id } = await makeOlder(join(root, "taskscribe.db"), 1);
    const disk = new Disk(random);
    disk.load(root);
    const operations = await recorded(root, {});
    const end = operations.findIndex(({ file }) => file === TOLD_FILE);
    const before: Told[] = [{ kind: "task", id, version: 1 }];
    assert.ok((await cutEverywhere(operations.slice(0, end), { disk, before })) > 50);
  });
});

describe("a sync fails once, and its writes never reach the disk", { skip }, () => {
  const once = (nth: number): Life => ({ fail: `sync:taskscribe.db-wal:${nth}` });

  const cases: Readonly<Record<string, readonly Life[]>> = {
    "the commit is refused, and what is told later by the same process survives": [once(12)],
    "the process is killed just then: what the next one tells survives": [
      { ...once(12), end: "die" },
      {},
    ],
  };
  for (const [name, lives] of Object.entries(cases)) {
    test(name, async () => {
      const operations = await recorded(newRoot(), ...lives);
      const lost = operations.findIndex(({ what }) => what === "lose");
      assert.ok(lost > 0);
      assert.ok((await cutEverywhere(operations, { from: lost })) > 50);
    });
  }
});
