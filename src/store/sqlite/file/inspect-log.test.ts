import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, it } from "node:test";
import { inspectLog } from "./inspect-log.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-log-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const FRAME_BYTES = 24 + 4096;
const HEADER_BYTES = 32;

/** A copy of a database as a kill leaves it, after `old` commits, a checkpoint that starts the log anew, and `fresh` commits. */
function killed(name: string, old: number, fresh: number): string {
  const file = join(folder, `${name}.db`);
  const db = new DatabaseSync(file);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (n INTEGER)");
  const commit = () => db.exec("INSERT INTO t VALUES (1)");
  for (let i = 0; i < old; i++) commit();
  if (fresh > 0) db.exec("PRAGMA wal_checkpoint(RESTART)");
  for (let i = 0; i < fresh; i++) commit();
  const copy = join(folder, `${name}-killed.db`);
  for (const end of ["", "-wal"]) copyFileSync(file + end, copy + end);
  db.close();
  return copy;
}

function flipIn(file: string, frame: number, at: number): void {
  const bytes = readFileSync(`${file}-wal`);
  const offset = HEADER_BYTES + frame * FRAME_BYTES + at;
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  writeFileSync(`${file}-wal`, bytes);
}

describe("a write-ahead log that a kill left", () => {
  it("is taken as it is", () => inspectLog(killed("whole", 20, 0)));

  it("may have the commits of an older log behind its end: they are in the database", () => {
    const file = killed("begun-anew", 40, 3);
    assert.ok(readFileSync(`${file}-wal`).length > HEADER_BYTES + 30 * FRAME_BYTES);
    inspectLog(file);
    const db = new DatabaseSync(file);
    assert.equal(db.prepare("SELECT count(*) AS n FROM t").get()?.["n"], 43);
    db.close();
  });

  it("may have a new header and nothing but older commits", () => {
    const file = killed("header-only", 40, 1);
    const bytes = readFileSync(`${file}-wal`);
    const older = readFileSync(`${killed("header-of", 40, 0)}-wal`);
    // The new frame was not written yet: what stands there has another log's salt.
    older.copy(bytes, HEADER_BYTES, HEADER_BYTES, HEADER_BYTES + 2 * FRAME_BYTES);
    writeFileSync(`${file}-wal`, bytes);
    inspectLog(file);
  });

  for (const [what, at] of [
    ["content", 100],
    ["sum", 17],
    ["salt", 9],
  ] as const) {
    it(`is refused if the ${what} of a frame before its end is damaged`, () => {
      const file = killed(`damaged-${what}`, 40, 20);
      flipIn(file, 5, at);
      assert.throws(() => inspectLog(file), /damaged in the middle: 1[45] commits behind/);
    });
  }
});
