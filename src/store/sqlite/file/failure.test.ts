import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, afterEach, describe, it } from "node:test";
import { ACCOUNT, following, submission } from "../../../../test/contracts/store-contract.ts";
import { armWith, disarm } from "../../../../test/support/faults.ts";
import { DomainError } from "../../../core/errors.ts";
import { encodeAppend } from "../batch.ts";
import { InlineCommitter } from "../committer.ts";
import { migrateDatabase } from "../open.ts";
import { openSqliteStore } from "../sqlite-store.ts";
import { WriteSession } from "../write-session.ts";
import { Writer } from "../writer.ts";
import { configureWriter } from "./connection.ts";
import { notOpened } from "./failure.ts";

const root = mkdtempSync(join(tmpdir(), "taskscribe-failure-"));
after(() => rmSync(root, { recursive: true, force: true }));

afterEach(disarm);

/** A store whose writer runs `code` before and after each commit, which it knows by `count`. */
function open(code: string) {
  armWith(`
    const POINTS = ["before-commit", "after-commit-before-answer"];
    let count = 0;
    globalThis[Symbol.for("taskscribe.fault")] = (point) => {
      if (!POINTS.includes(point)) return;
      count++;
      ${code}
    };`);
  return openSqliteStore(mkdtempSync(join(root, "store-")));
}

function unavailable(...words: readonly string[]) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof DomainError && error.code === "StoreUnavailable", String(error));
    for (const word of words) assert.ok(error.message.includes(word), error.message);
    assert.ok(error.retryable);
    return true;
  };
}

const FAILURES: readonly [name: string, errcode: number, words: string][] = [
  ["a full disk", 13, "the disk is full; nothing was written. Free some space"],
  ["a lock that is held too long", 5, "another program holds its lock"],
  ["a failed write", 10 | (3 << 8), "the disk failed"],
  ["a failed fsync", 10 | (4 << 8), "the disk failed, so what was being written may be lost"],
  ["damage", 11, "restore the newest backup"],
  ["a file made read-only", 8, "it cannot be written; check the owner"],
];

describe("when a commit fails", () => {
  for (const [name, errcode, words] of FAILURES) {
    it(`for ${name}, its appends are refused in words, and later ones are tried again`, async () => {
      const fail = `throw Object.assign(new Error("SQLite says no"), { errcode: ${errcode} })`;
      // Each good commit passes two points.
      const store = await open(`if (count === 3) ${fail}`);
      const before = submission();
      await store.append(before);
      const lost = [
        submission(),
        submission({}, { token: { scope: "s", token: "t", fingerprint: "f" } }),
      ];
      const results = await Promise.allSettled(lost.map((append) => store.append(append)));
      for (const result of results) {
        assert.ok(result.status === "rejected");
        unavailable(store.location, "SQLite says no", words)(result.reason);
        assert.equal(result.reason.cause.errcode, errcode);
      }
      const there = async () => (await store.list({ account: ACCOUNT, limit: 10 })).tasks;
      assert.deepEqual(await there(), [before.task]);
      assert.equal(await store.findToken(ACCOUNT, "s", "t"), undefined);
      for (const append of lost) assert.equal((await store.append(append)).outcome, "appended");
      const start = following(before.task, { type: "StartTask", at: before.task.createdAt });
      assert.equal((await store.append(start)).outcome, "appended");
      assert.equal((await there()).length, 3);
      assert.deepEqual(
        (await store.readEvents({ after: 0, limit: 10 })).map(({ position }) => position),
        [1, 2, 3, 4],
      );
      await store.close();
    });
  }

  it("for a reason of one append, the others of its batch are committed", async () => {
    const store = await open(`if (count === 1) throw new Error("string or blob too big")`);
    const appends = Array.from({ length: 5 }, () => submission());
    const results = await Promise.allSettled(appends.map((append) => store.append(append)));
    assert.ok(results.every(({ status }) => status === "fulfilled"));
    assert.deepEqual(store.statistics, { commits: 5, appends: 5, damagedRows: 0 });
    await store.close();
  });

  it("after a commit of unknown outcome, the log still folds to the row", async () => {
    const store = await open(
      `if (count === 2) throw Object.assign(new Error("lost the answer"), { errcode: 10 })`,
    );
    const append = submission();
    await assert.rejects(store.append(append), unavailable("lost the answer"));
    assert.deepEqual(await store.append(append), { outcome: "version-conflict" });
    assert.deepEqual(await store.read(ACCOUNT, append.taskId), append.task);
    assert.equal((await store.readEvents({ after: 0, limit: 10 })).length, 1);
    await store.close();
  });
});

describe("when the writer's thread dies", () => {
  it("its appends are refused in words, and another one replaces it", async () => {
    const store = await open(`if (count === 3) process.exit(7)`);
    const first = submission();
    await store.append(first);
    // The thread dies inside its transaction, which must not hold up the next one.
    const lost = Array.from({ length: 3 }, () => submission());
    const results = await Promise.allSettled(lost.map((append) => store.append(append)));
    for (const result of results) {
      assert.ok(result.status === "rejected");
      unavailable("the writer's thread ended with code 7")(result.reason);
    }
    assert.deepEqual(await store.read(ACCOUNT, first.taskId), first.task);
    const [again] = lost;
    assert.ok(again);
    assert.equal((await store.append(again)).outcome, "appended");
    await store.close();
  });

  it("because it cannot start, appends are refused and reads go on", async () => {
    armWith("throw new Error('no such thing')");
    const store = await openSqliteStore(mkdtempSync(join(root, "store-")));
    for (let i = 0; i < 2; i++) {
      await assert.rejects(store.append(submission()), unavailable("no such thing"));
    }
    assert.deepEqual((await store.list({ account: ACCOUNT, limit: 10 })).tasks, []);
    await store.close();
  });
});

describe("when the disk is full", () => {
  it("writes are refused, reads go on, and all is well when there is space again", async () => {
    const file = join(mkdtempSync(join(root, "full-")), "taskscribe.db");
    const db = new DatabaseSync(file);
    configureWriter(db);
    await migrateDatabase(db, file);
    const reader = new DatabaseSync(file, { readOnly: true });
    const count = () => reader.prepare("SELECT count(*) AS n FROM tasks").get()?.["n"];
    const writer = new Writer(file, new InlineCommitter(new WriteSession(() => db)));
    const write = (append = submission({ input: { text: "x".repeat(2000) } })) =>
      writer.write((cells) => encodeAppend(append, cells));
    db.exec("PRAGMA max_page_count = 40");
    let written = 0;
    await assert.rejects(
      async () => {
        for (;;) {
          await write();
          written++;
        }
      },
      unavailable(file, "the disk is full; nothing was written"),
    );
    assert.ok(written > 0);
    const append = submission({ input: { text: "x".repeat(9000) } });
    for (let i = 0; i < 3; i++) {
      await assert.rejects(write(append), unavailable("the disk is full"));
      assert.equal(count(), written);
    }
    db.exec("PRAGMA max_page_count = 4000");
    assert.equal(typeof (await write(append)), "number");
    assert.equal(count(), written + 1);
    assert.equal(db.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok");
    reader.close();
    await writer.close();
  });
});

describe("when a row is damaged", () => {
  it("it is refused in words where it is asked for, left out of lists, and never shown half", async () => {
    const store = await openSqliteStore(mkdtempSync(join(root, "store-")));
    const [good, bad] = [submission(), submission()];
    await Promise.all([store.append(good), store.append(bad)]);
    const db = new DatabaseSync(store.location);
    db.prepare("UPDATE tasks SET doc = substr(doc, 1, 100) WHERE id = ?").run(bad.taskId);
    db.close();
    const refused = unavailable("a row is not what was written", "restore the newest backup");
    await assert.rejects(store.read(ACCOUNT, bad.taskId), refused);
    const { tasks } = await store.list({ account: ACCOUNT, limit: 2 });
    assert.deepEqual(tasks, [good.task]);
    assert.deepEqual(await store.read(ACCOUNT, good.taskId), good.task);
    await store.close();
  });
});

describe("a store that could not be opened", () => {
  const systemError = (code: string) =>
    Object.assign(new Error(`${code}: no`), { code, syscall: "open" });
  const cases: readonly (readonly [error: Error, parameter: string | undefined, words: RegExp])[] =
    [
      [systemError("ENOSPC"), "data", /the disk is full; nothing was written/],
      [systemError("EROFS"), "data", /it cannot be written; check the owner/],
      [
        systemError("ENOENT"),
        "data",
        /^\/x cannot be opened \(ENOENT: no\); name another directory/,
      ],
      [Object.assign(new Error("full"), { errcode: 13 }), "data", /the disk is full/],
      [Object.assign(new Error("bad"), { errcode: 11 }), undefined, /its content is damaged/],
      [new Error("odd"), undefined, /try again, and report it/],
    ];
  for (const [error, parameter, words] of cases) {
    it(`says whether its setting is to blame: ${error.message}`, () => {
      const { message, code, facts } = notOpened("/x", error);
      assert.deepEqual([code, facts["parameter"]], ["StoreUnavailable", parameter]);
      assert.match(message, words);
    });
  }
});
