import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, it } from "node:test";
import { ACCOUNT, following, submission } from "../../../test/contracts/store-contract.ts";
import { makeOlder } from "../../../test/support/first-schema.ts";
import { DomainError } from "../../core/errors.ts";
import { configureWriter } from "./file/connection.ts";
import { migrateDatabase, readMigrations } from "./open.ts";
import { openSqliteStore } from "./sqlite-store.ts";

const root = mkdtempSync(join(tmpdir(), "taskscribe-open-"));
after(() => rmSync(root, { recursive: true, force: true }));

function newPaths(): { directory: string; file: string } {
  const directory = mkdtempSync(join(root, "store-"));
  return { directory, file: join(directory, "taskscribe.db") };
}

/** A directory in which a store with some tasks was closed. */
async function filled(count = 200): Promise<{ directory: string; file: string }> {
  const { directory, file } = newPaths();
  const store = await openSqliteStore(directory);
  await Promise.all(Array.from({ length: count }, () => store.append(submission())));
  await store.close();
  return { directory, file };
}

/** Opening is refused in words that say what was found and what to do. */
async function refused(directory: string, ...words: readonly (string | RegExp)[]): Promise<void> {
  await assert.rejects(openSqliteStore(directory), (error) => {
    assert.ok(error instanceof DomainError && error.code === "StoreUnavailable", String(error));
    for (const word of [/[;:] [a-z ]+/, ...words]) {
      assert.ok(
        typeof word === "string" ? error.message.includes(word) : word.test(error.message),
        error.message,
      );
    }
    return true;
  });
  // A refusal lets go of the directory: the second one is not about the lock.
  await assert.rejects(
    openSqliteStore(directory),
    (error) => !String(error).includes("already open"),
  );
}

describe("opening a data directory", () => {
  it("makes it for its owner alone, and leaves two files behind", async () => {
    const directory = join(newPaths().directory, "a", "b");
    const store = await openSqliteStore(directory);
    assert.equal(store.location, join(directory, "taskscribe.db"));
    await store.append(submission());
    await store.close();
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    assert.equal(statSync(join(directory, "taskscribe.db")).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(directory), ["taskscribe.db", "taskscribe.lock"]);
  });

  it("keeps what makes it safe in the file, and sets the rest each time", async () => {
    const { file } = await filled();
    const db = new DatabaseSync(file);
    configureWriter(db);
    const pragma = (name: string) => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    assert.equal(pragma("journal_mode"), "wal");
    assert.equal(pragma("synchronous"), 2);
    assert.equal(pragma("foreign_keys"), 1);
    assert.equal(pragma("user_version"), readMigrations().length);
    assert.equal(pragma("integrity_check"), "ok");
    assert.equal(db.prepare("PRAGMA foreign_key_check").get(), undefined);
    const loose =
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND NOT strict AND name NOT LIKE 'sqlite_%'";
    assert.deepEqual(db.prepare(loose).all(), []);
    db.close();
  });
});

describe("what a power cut leaves", () => {
  it("of the lock, which is never synced, is made anew", async () => {
    const { directory } = await filled();
    for (const torn of [Buffer.alloc(4096), Buffer.alloc(4096, 7), Buffer.alloc(100, "SQLite")]) {
      writeFileSync(join(directory, "taskscribe.lock"), torn);
      const store = await openSqliteStore(directory);
      assert.match(openElsewhere(directory), /already open in process/);
      await store.close();
    }
  });

  it("of a database that was never written whole, its journal takes back", async () => {
    const { directory, file } = newPaths();
    const db = new DatabaseSync(file);
    db.exec(
      "PRAGMA cache_size = 1; BEGIN; CREATE TABLE a (b); INSERT INTO a VALUES (zeroblob(99999))",
    );
    copyFileSync(`${file}-journal`, join(directory, "journal"));
    db.close();
    copyFileSync(join(directory, "journal"), `${file}-journal`);
    writeFileSync(file, Buffer.alloc(8192));
    await (await openSqliteStore(directory)).close();
  });
});

describe("opening is refused", () => {
  it("where a file is in the place of the directory", async () => {
    const { file } = newPaths();
    writeFileSync(file, "");
    await refused(file, file, "is a file, expected a directory");
    await refused(join(file, "data"), "cannot be made");
  });

  it("where a directory is in the place of the file", async () => {
    const { directory, file } = newPaths();
    mkdirSync(file);
    await refused(directory, file, "is not a file");
  });

  it("for a file that is not SQLite's", async () => {
    for (const content of ["x", "hello\n".repeat(100), Buffer.alloc(8192)]) {
      const { directory, file } = newPaths();
      writeFileSync(file, content);
      await refused(directory, file, "is not an SQLite database");
      assert.deepEqual(readFileSync(file), Buffer.from(content), "the file is left alone");
    }
  });

  it("for the SQLite file of another application", async () => {
    for (const [mark, words] of [
      [0, "belongs to another application (it has tables, but not Taskscribe's mark)"],
      [77, "belongs to another application (id 0x4d, expected 0x5461736b)"],
    ] as const) {
      const { directory, file } = newPaths();
      const db = new DatabaseSync(file);
      db.exec(`PRAGMA application_id = ${mark}; CREATE TABLE theirs (a)`);
      db.close();
      const before = readFileSync(file);
      await refused(directory, words);
      assert.deepEqual(readFileSync(file), before, "the file is left alone");
    }
  });

  it("for a file of a newer schema", async () => {
    const { directory, file } = await filled();
    const db = new DatabaseSync(file);
    db.exec("PRAGMA user_version = 77");
    db.close();
    const known = `schema 77, this one knows ${readMigrations().length}`;
    await refused(directory, file, "was made by a newer Taskscribe", known, "restore a backup");
  });

  it("for a file that was cut short", async () => {
    const { directory, file } = await filled();
    const { size } = statSync(file);
    for (const left of [size - 1, size - 4096, 4096, 100]) {
      truncateSync(file, left);
      await refused(directory, file, `is cut short: ${left} bytes, expected ${size}`, "backup");
    }
    truncateSync(file, 50);
    await refused(directory, "is not an SQLite database");
  });

  it("for a file that is damaged where the newest rows are", async () => {
    const { directory, file } = await filled();
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xff, 4096));
    await refused(directory, file, "damaged", "restore the newest backup");
  });

  it("to whoever may not write there", { skip: rootMayDoAnything() }, async () => {
    const { directory } = await filled();
    chmodSync(join(directory, "taskscribe.db"), 0o400);
    await refused(directory, "permissions");
    chmodSync(directory, 0o500);
    await refused(join(directory, "data"), "permissions");
    chmodSync(directory, 0o700);
  });

  it("to a second store in the same process", async () => {
    const { directory } = await filled();
    const store = await openSqliteStore(directory);
    await assert.rejects(
      openSqliteStore(directory),
      /is already open in this process; one process/,
    );
    await assert.rejects(
      openSqliteStore(`${directory}/../${directory.slice(root.length)}`),
      /this process/,
    );
    // Asking did not loosen the lock.
    await assert.rejects(openSqliteStore(directory), /is already open in this process/);
    assert.match(openElsewhere(directory), new RegExp(`already open in process ${process.pid};`));
    await store.append(submission());
    await store.close();
    assert.equal(openElsewhere(directory), "opened");
  });

  it("to a second process, naming the first", async () => {
    const { directory } = newPaths();
    const store = await openSqliteStore(directory);
    const answer = openElsewhere(directory);
    assert.ok(
      answer.includes(`${directory} is already open in process ${process.pid}; one process`),
    );
    await store.close();
    assert.equal(openElsewhere(directory), "opened");
    await (await openSqliteStore(directory)).close();
  });
});

function rootMayDoAnything(): string | false {
  return process.getuid?.() === 0 && "root may write anywhere";
}

/** What a process of its own is told when it opens the directory. */
function openElsewhere(directory: string): string {
  const script = `
    const { openSqliteStore } = await import(process.argv[1]);
    const store = await openSqliteStore(process.argv[2]).catch((error) => error);
    if (store instanceof Error) console.log(store.message);
    else { await store.close(); console.log("opened"); }`;
  const module = new URL("./sqlite-store.ts", import.meta.url).href;
  const args = ["--input-type=module", "-e", script, module, directory];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return stdout.trim() || stderr;
}

describe("an older file", () => {
  for (const { version } of readMigrations()) {
    it(`of schema ${version - 1} is brought forward with all it holds`, async () => {
      const { directory, file } = newPaths();
      const task = await makeOlder(file, version - 1);
      const store = await openSqliteStore(directory);
      const found = await store.read(ACCOUNT, task.id);
      assert.deepEqual(found, version > 1 ? task : undefined);
      if (found) {
        const start = following(found, { type: "StartTask", at: found.createdAt });
        const bytes = JSON.stringify(start.task).length;
        assert.deepEqual(await store.append(start), { outcome: "appended", position: 2, bytes });
      }
      await store.close();
    });
  }

  it("is left as it was by a migration that fails, and goes on from there", async () => {
    const db = new DatabaseSync(":memory:");
    const [first] = readMigrations();
    assert.ok(first);
    const second = { version: 2, name: "0002-half.sql" };
    const half = { ...second, sql: "CREATE TABLE half (a); CREATE TABLE tasks (a);" };
    await assert.rejects(migrateDatabase(db, "here", [first, half]), /tasks already exists/);
    assert.equal(db.prepare("PRAGMA user_version").get()?.["user_version"], 1);
    await migrateDatabase(db, "here", [first, { ...second, sql: "CREATE TABLE half (a)" }]);
    assert.equal(db.prepare("PRAGMA user_version").get()?.["user_version"], 2);
    db.close();
  });
});
