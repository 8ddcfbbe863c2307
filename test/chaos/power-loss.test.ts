import assert from "node:assert/strict";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { DirectoryArchive } from "../../src/store/sqlite/archive-files.ts";
import { verifyTasks } from "../../src/store/sqlite/backup/verify.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import type { Store } from "../../src/store/store.ts";
import { ACCOUNT, following, submission } from "../contracts/store-contract.ts";
import { seeded } from "./damage-bench.ts";

// Records a run, and makes the disk as a power cut would leave it at every write. With synchronous=FULL each commit waits for
// the disk before the next one begins. So all writes before it are on the disk, and any part of the later ones may be.

const HEADER_BYTES = 32;
const FRAME_BYTES = 24 + 8192;
const random = seeded(7);

const folder = mkdtempSync(join(tmpdir(), "taskscribe-power-"));
const source = join(folder, "source");
/** At each told append: how long the log was then, and the task with its version. */
const told: { bytes: number; taskId: string; version: number }[] = [];
let database: Buffer;
let log: Buffer;

before(async () => {
  const store = await openSqliteStore(source);
  const file = join(source, "taskscribe.db");
  database = readFileSync(file); // nothing is moved into it while the log is short
  for (let i = 0; i < 4; i++) await runTask(store, file);
  log = readFileSync(`${file}-wal`);
  assert.deepEqual(readFileSync(file), database, "the log was not moved into the file");
  await store.close();
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function runTask(store: Store, file: string): Promise<void> {
  const append = submission({ input: { text: "x".repeat(2_000) } });
  const steps = [append];
  steps.push(following(append.task, { type: "StartTask", at: append.task.createdAt }));
  for (const { taskId, task, ...rest } of steps) {
    assert.equal((await store.append({ taskId, task, ...rest })).outcome, "appended");
    told.push({ bytes: statSync(`${file}-wal`).size, taskId, version: task.version });
  }
}

/** Opens the rest of the disk, and checks that all answers before `synced` bytes are there, complete. */
async function recovers(image: { db?: Buffer; wal: Buffer }, synced: number): Promise<void> {
  const directory = mkdtempSync(join(folder, "image-"));
  const file = join(directory, "taskscribe.db");
  writeFileSync(file, image.db ?? database);
  writeFileSync(`${file}-wal`, image.wal);
  const store = await openSqliteStore(directory);
  for (const { bytes, taskId, version } of told) {
    if (bytes > synced) break;
    const task = await store.read(ACCOUNT, taskId);
    assert.ok(task && task.version >= version, `${taskId} in version ${version} was told`);
  }
  if (random() < 0.1) assert.equal((await store.append(submission())).outcome, "appended");
  await store.close();
  await verifyTasks(file, new DirectoryArchive(directory));
  rmSync(directory, { recursive: true });
}

/** How much of the log had reached the disk for sure when it was this long. */
function syncedAt(bytes: number): number {
  return told.findLast((one) => one.bytes <= bytes)?.bytes ?? 0;
}

describe("a power cut at every write of a recorded run", () => {
  test("the log ends at any frame, or in the middle of one", async () => {
    for (let end = HEADER_BYTES; end <= log.length; end += FRAME_BYTES) {
      await recovers({ wal: log.subarray(0, end) }, syncedAt(end));
      const torn = end + 1 + Math.floor(random() * (FRAME_BYTES - 1));
      if (torn < log.length && random() < 0.3)
        await recovers({ wal: log.subarray(0, torn) }, syncedAt(torn));
    }
  });

  test("any sectors of the running transaction are missing", async () => {
    for (const [i, { bytes }] of told.entries()) {
      const end = told[i + 1]?.bytes ?? log.length;
      const wal = Buffer.from(log.subarray(0, end));
      const first = 512 * Math.ceil(bytes / 512);
      for (let at = first; at < end; at += 512) {
        if (random() < 0.3) wal.fill(0, at, Math.min(at + 512, end));
      }
      await recovers({ wal }, bytes);
    }
  });
});

describe("a power cut while the log is moved into the file", () => {
  test("any of the file's pages are old, any are new", async () => {
    const copy = join(folder, "moved");
    mkdirSync(copy);
    const file = join(copy, "taskscribe.db");
    writeFileSync(file, database);
    writeFileSync(`${file}-wal`, log);
    const db = new DatabaseSync(file);
    db.exec("PRAGMA wal_checkpoint(FULL)");
    copyFileSync(file, `${file}.new`);
    db.close();
    const moved = readFileSync(`${file}.new`);
    for (let round = 0; round < 9; round++) {
      const mixed = Buffer.from(moved);
      for (let at = 0; at < database.length; at += 8192) {
        if (random() < 0.5) database.copy(mixed, at, at, at + 8192);
      }
      const cut = round % 3 === 0 ? database.length : mixed.length;
      await recovers({ db: mixed.subarray(0, cut), wal: log }, log.length);
    }
  });
});
