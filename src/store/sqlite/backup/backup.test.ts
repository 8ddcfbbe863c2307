import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, it } from "node:test";
import { ACCOUNT, following, submission } from "../../../../test/contracts/store-contract.ts";
import { DomainError } from "../../../core/errors.ts";
import type { Task } from "../../../core/task.ts";
import { openSqliteStore } from "../sqlite-store.ts";
import { backupDirectory } from "./backup.ts";
import { describeFile } from "./manifest.ts";
import { restoreDirectory, verifyBackup } from "./restore.ts";

const root = mkdtempSync(join(tmpdir(), "taskscribe-backup-"));
after(() => rmSync(root, { recursive: true, force: true }));

const options = { secrets: false, version: "1.2.3", now: () => 1_700_000_000_000 };

function newPaths(): { data: string; target: string } {
  const folder = mkdtempSync(join(root, "case-"));
  return { data: join(folder, "data"), target: join(folder, "backup") };
}

/** A directory with open, ended and archived tasks, closed. */
async function filled(): Promise<{ data: string; target: string; tasks: readonly Task[] }> {
  const { data, target } = newPaths();
  const store = await openSqliteStore(data);
  const tasks: Task[] = [];
  for (let i = 0; i < 30; i++) {
    const { task, ...append } = submission({ input: { text: "x".repeat(500) } });
    await store.append({ ...append, task });
    if (i % 3 === 0) {
      tasks.push(task);
      continue;
    }
    const cancel = {
      type: "CancelTask",
      at: task.createdAt,
      by: "me",
      reason: "",
      deadline: 0,
    } as const;
    const ended = following(task, cancel);
    await store.append(ended);
    tasks.push(ended.task);
  }
  const [, second, third] = tasks;
  await store.archive([second?.id ?? "", third?.id ?? ""]);
  await store.close();
  return { data, target, tasks };
}

async function refused(attempt: Promise<unknown>, ...words: readonly string[]): Promise<void> {
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof DomainError, String(error));
    for (const word of words) assert.ok(error.message.includes(word), error.message);
    return true;
  });
}

/** One byte of the file is another one. */
function flip(file: string, offset: number): void {
  const bytes = readFileSync(file);
  bytes.writeUInt8((bytes[offset] ?? 0) ^ 0x10, offset);
  writeFileSync(file, bytes);
}

describe("a backup under load", () => {
  it("is one committed prefix: all that was told before it began, and no append without those before it", async () => {
    const { data, target } = newPaths();
    const store = await openSqliteStore(data);
    const told = new Map<string, number>();
    let going = true;
    const client = async () => {
      while (going) {
        const append = submission({ input: { text: "x".repeat(1_000) } });
        const result = await store.append(append);
        assert.ok(result.outcome === "appended");
        told.set(append.taskId, result.position);
        const start = following(append.task, { type: "StartTask", at: append.task.createdAt });
        assert.equal((await store.append(start)).outcome, "appended");
      }
    };
    const clients = Array.from({ length: 16 }, client);
    while (told.size < 500) await new Promise((resolve) => setImmediate(resolve));
    const before = Math.max(...told.values());
    const atStart = told.size;
    const steps: string[] = [];
    const manifest = await backupDirectory(data, target, {
      ...options,
      progress: (doing, done) => steps.push(`${doing} ${done}`),
    });
    const during = told.size;
    going = false;
    await Promise.all(clients);
    await store.close();

    assert.ok(steps.includes("copying taskscribe.db 1"), steps.join());
    assert.ok(manifest.position >= before, "what was told before the backup began is in it");
    assert.ok(during > atStart, "the service went on");
    const restored = join(target, "..", "restored");
    await restoreDirectory(target, restored);
    const copy = await openSqliteStore(restored);
    const positions = [];
    for (let after = 0; ; ) {
      const page = await copy.readEvents({ after, limit: 1_000 });
      positions.push(...page.map(({ position }) => position));
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.position;
    }
    const whole = Array.from({ length: manifest.position }, (_, i) => i + 1);
    assert.deepEqual(positions, whole, "every append up to the last one");
    for (const [id, position] of told) {
      const task = await copy.read(ACCOUNT, id);
      assert.equal(task !== undefined, position <= manifest.position, id);
    }
    assert.equal((await copy.append(submission())).outcome, "appended");
    await copy.close();
  });
});

describe("a backup of an idle directory", () => {
  it("is restored with its archive, tokens and counts, and leaves the source as it was", async () => {
    const { data, target, tasks } = await filled();
    const before = readdirSync(data).map((name) => [name, statSync(join(data, name)).size]);
    const manifest = await backupDirectory(data, target, options);
    assert.deepEqual(
      readdirSync(data).map((name) => [name, statSync(join(data, name)).size]),
      before,
    );
    assert.deepEqual([manifest.tasks, manifest.archived, manifest.position], [28, 2, 50]);
    assert.deepEqual([manifest.version, manifest.at], ["1.2.3", "2023-11-14T22:13:20.000Z"]);
    assert.equal(statSync(target).mode & 0o777, 0o700);
    for (const name of readdirSync(target)) {
      assert.equal(statSync(join(target, name)).mode & 0o777, 0o600, name);
    }
    const restored = join(target, "..", "restored");
    assert.deepEqual(await restoreDirectory(target, restored), manifest);
    const store = await openSqliteStore(restored);
    for (const task of tasks) assert.deepEqual(await store.read(ACCOUNT, task.id), task);
    await store.close();
  });

  it("holds the secret key and the local CA only when asked", async () => {
    const { data, target } = await filled();
    writeFileSync(join(data, "secret.key"), "secret", { mode: 0o600 });
    mkdirSync(join(data, "tls"));
    writeFileSync(join(data, "tls", "ca.key"), "secret", { mode: 0o600 });
    const plain = await backupDirectory(data, target, options);
    assert.deepEqual(readdirSync(target), ["archive-000001.jsonl", "backup.json", "taskscribe.db"]);
    assert.equal(plain.secrets, false);
    const whole = `${target}-whole`;
    assert.equal((await backupDirectory(data, whole, { ...options, secrets: true })).secrets, true);
    const restored = join(target, "..", "restored");
    await restoreDirectory(whole, restored);
    assert.equal(readFileSync(join(restored, "tls", "ca.key"), "utf8"), "secret");
    assert.equal(readFileSync(join(restored, "secret.key"), "utf8"), "secret");
  });
});

describe("no backup is made", () => {
  it("with the secret key if that is exchanged meanwhile, because it may not fit", async () => {
    const { data, target } = await filled();
    const file = join(data, "secret.key");
    writeFileSync(file, "old", { mode: 0o600 });
    const progress = () => writeFileSync(file, "new");
    const whole = { ...options, secrets: true, progress };
    await refused(backupDirectory(data, target, whole), data, "exchanged during the backup");
    assert.equal((await backupDirectory(data, target, { ...options, progress })).secrets, false);
  });

  it("where something is already, or of what is no data directory", async () => {
    const { data, target } = await filled();
    mkdirSync(target);
    writeFileSync(join(target, "mine"), "");
    await refused(backupDirectory(data, target, options), target, "is there already");
    assert.deepEqual(readdirSync(target), ["mine"]);
    await refused(backupDirectory(target, `${target}-2`, options), "holds no taskscribe.db");
  });

  it("of a file that SQLite cannot read, and nothing is left of it", async () => {
    const { data, target } = await filled();
    const db = new DatabaseSync(join(data, "taskscribe.db"));
    const root = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'tasks_by_end'").get();
    const size = db.prepare("PRAGMA page_size").get()?.["page_size"];
    db.close();
    const bytes = readFileSync(join(data, "taskscribe.db"));
    const start = (Number(root?.["rootpage"]) - 1) * Number(size);
    writeFileSync(join(data, "taskscribe.db"), bytes.fill(0, start, start + 512));
    await refused(backupDirectory(data, target, options), "is damaged", "no backup was made");
    assert.deepEqual(readdirSync(join(target, "..")), ["data"]);
  });
});

describe("a backup of what is damaged in a row (row 27)", () => {
  async function namedIn(data: string, target: string, ...words: readonly string[]) {
    const manifest = await backupDirectory(data, target, options);
    assert.equal(manifest.damaged?.count ?? 0, words.length, manifest.damaged?.rows.join());
    for (const [i, word] of words.entries()) {
      assert.ok(manifest.damaged?.rows[i]?.includes(word), manifest.damaged?.rows[i]);
    }
    const restored = join(target, "..", "restored");
    assert.deepEqual(await restoreDirectory(target, restored), manifest);
    return openSqliteStore(restored);
  }

  it("is made, names the row, and has it and all others as they were", async () => {
    const { data, target, tasks } = await filled();
    const db = new DatabaseSync(join(data, "taskscribe.db"));
    db.exec("UPDATE tasks SET doc = replace(doc, 'xxxx', 'xxyx') WHERE seq = 4");
    const { id } = db.prepare("SELECT id FROM tasks WHERE seq = 4").get() ?? {};
    db.close();
    const store = await namedIn(data, target, `the task ${id} (row 4): a row is not what was`);
    for (const task of tasks) {
      if (task.id === id) await refused(store.read(ACCOUNT, task.id), "a row is not what was");
      else assert.deepEqual(await store.read(ACCOUNT, task.id), task);
    }
    await store.close();
  });

  it("is made of resources, tokens and counts too", async () => {
    const { data, target } = await filled();
    const db = new DatabaseSync(join(data, "taskscribe.db"));
    db.exec("INSERT INTO resources VALUES (1, 'a', 'node', 'n-1', NULL, 1, '{}', 7)");
    db.exec("UPDATE task_counts SET count = count + 1, bytes = bytes + 1");
    db.close();
    const counts = [
      "of the counts of tasks",
      "of the counts of tasks",
      "the stored bytes of 1 acc",
    ];
    const words = ["the node n-1 (row 1)", ...counts];
    await (await namedIn(data, target, ...words)).close();
  });

  it("is made with an archive that is damaged or gone", async () => {
    const { data, target } = await filled();
    flip(join(data, "archive-000001.jsonl"), 1);
    await (await namedIn(data, target, "the archived task")).close();
    rmSync(join(data, "archive-000001.jsonl"));
    const manifest = await backupDirectory(data, `${target}-2`, options);
    assert.equal(manifest.damaged?.count, 2);
    assert.match(manifest.damaged?.rows[0] ?? "", /cannot be read/);
  });

  it("is restored only if no other row was damaged since", async () => {
    const { data, target } = await filled();
    await backupDirectory(data, target, options);
    const file = join(target, "taskscribe.db");
    const db = new DatabaseSync(file);
    db.exec("UPDATE tasks SET doc = replace(doc, 'xxxx', 'xxyx') WHERE seq = 4");
    db.close();
    const manifest = JSON.parse(readFileSync(join(target, "backup.json"), "utf8"));
    for (const one of manifest.files) {
      if (one.name === "taskscribe.db") Object.assign(one, await describeFile(target, one.name));
    }
    writeFileSync(join(target, "backup.json"), JSON.stringify(manifest));
    await refused(verifyBackup(target), "is damaged: the task", "use another backup");
  });

  it("a text that earlier versions stored as another one is no damage", async () => {
    const { data, target } = newPaths();
    const store = await openSqliteStore(data);
    const odd = { type: "disk", id: "d\ud800" };
    const append = submission({ target: odd, concurrencyKey: "k\ud800" });
    await store.append({
      ...append,
      token: { scope: "s", token: "x\ud800", fingerprint: "" },
      resources: [{ kind: "k", id: "r\ud800", data: { a: "\ud800" }, expectedVersion: 0 }],
    });
    assert.equal((await store.read(ACCOUNT, append.taskId))?.target.id, odd.id);
    for (const targetId of ["d\ud800", "d\ufffd"]) {
      const { tasks } = await store.list({ account: ACCOUNT, targetId, limit: 10 });
      assert.equal(tasks.length, 1);
    }
    assert.equal((await store.findToken(ACCOUNT, "s", "x\ufffd"))?.taskId, append.taskId);
    assert.deepEqual((await store.readResource(ACCOUNT, "k", "r\ufffd"))?.data, { a: "\ud800" });
    await store.close();
    await (await namedIn(data, target)).close();
  });
});

describe("nothing is restored", () => {
  it("of what is no backup, or not whole", async () => {
    const { data, target } = await filled();
    const restored = join(target, "..", "restored");
    await refused(restoreDirectory(data, restored), "is not a backup");
    await backupDirectory(data, target, options);
    flip(join(target, "taskscribe.db"), 20_000);
    await refused(restoreDirectory(target, restored), "taskscribe.db has changed since");
    await refused(verifyBackup(target), "use another backup");
    rmSync(join(target, "archive-000001.jsonl"));
    await refused(verifyBackup(target), "use another backup");
    assert.deepEqual(readdirSync(join(target, "..")).sort(), ["backup", "data"]);
  });

  it("over something, but where a restore was cut off", async () => {
    const { data, target } = await filled();
    await backupDirectory(data, target, options);
    await refused(restoreDirectory(target, data), "is not empty");
    const restored = join(target, "..", "restored");
    mkdirSync(join(restored, "files.restoring"), { recursive: true });
    await restoreDirectory(target, restored);
    assert.deepEqual(readdirSync(restored).sort(), ["archive-000001.jsonl", "taskscribe.db"]);
  });
});
