import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { following, submission } from "../../../test/contracts/store-contract.ts";
import type { Append } from "../store.ts";
import { DirectoryArchive } from "./archive-files.ts";
import { openSqliteStore } from "./sqlite-store.ts";

const root = mkdtempSync(join(tmpdir(), "taskscribe-archive-"));
after(() => rmSync(root, { recursive: true, force: true }));
const directory = () => mkdtempSync(join(root, "d-"));

describe("the files of the archive", () => {
  it("hold one line each, which are found again", async () => {
    const files = new DirectoryArchive(directory());
    const lines = ["{}", '{"a":"é€"}', ""];
    const locations = [...(await files.append(lines)), ...(await files.append(["last"]))];
    const found = await Promise.all(locations.map((location) => files.read(location)));
    assert.deepEqual(found, [...lines, "last"]);
  });

  it("go on after half a line that a crash left behind", async () => {
    const where = directory();
    const [first] = await new DirectoryArchive(where).append(["whole"]);
    appendFileSync(join(where, "archive-000001.jsonl"), '{"torn');
    const files = new DirectoryArchive(where);
    const [next] = await files.append(["after"]);
    assert.ok(first && next);
    assert.deepEqual([await files.read(first), await files.read(next)], ["whole", "after"]);
  });

  it("are followed by another when they are full, and only their owner may read them", async () => {
    const where = directory();
    const files = new DirectoryArchive(where, 10);
    const locations = [];
    for (const line of ["0123456789", "second", "third", "fourth"]) {
      locations.push(...(await files.append([line])));
    }
    assert.deepEqual(
      locations.map(({ file }) => file),
      [1, 2, 2, 3],
    );
    assert.deepEqual(readdirSync(where).toSorted(), [
      "archive-000001.jsonl",
      "archive-000002.jsonl",
      "archive-000003.jsonl",
    ]);
    assert.equal(statSync(join(where, "archive-000002.jsonl")).mode & 0o077, 0);
    const found = await Promise.all(locations.map((location) => files.read(location)));
    assert.deepEqual(found, ["0123456789", "second", "third", "fourth"]);
  });
});

it("a crash between the line and the row leaves the task where it was, and is made good", async () => {
  const where = directory();
  const submitted = submission();
  const at = 2_000_000_000_000;
  const cancel = { type: "CancelTask", at, by: "ann", reason: "-", deadline: at } as const;
  const canceled = following(submitted.task, cancel);
  const { taskId, task } = canceled;
  const store = await openSqliteStore(where);
  await store.append(submitted);
  await store.append(canceled);
  await store.close();
  // The line was written, and then the process died.
  await new DirectoryArchive(where).append([JSON.stringify({ task, log: [] })]);
  const again = await openSqliteStore(where);
  assert.equal((await again.list({ account: task.account, limit: 9 })).tasks.length, 1);
  assert.equal((await again.archive([taskId])).length, 1);
  assert.deepEqual(await again.read(task.account, taskId), task);
  assert.equal((await again.readEvents({ taskId, after: 0, limit: 9 })).length, 2);
  await again.close();
});

it("a file that is gone is told in words, and the rest goes on", async () => {
  const where = directory();
  const store = await openSqliteStore(where);
  const canceled = (first: Append) => {
    const at = 2_000_000_000_000;
    const cancel = { type: "CancelTask", at, by: "ann", reason: "-", deadline: at } as const;
    return following(first.task, cancel);
  };
  const first = submission();
  const last = canceled(first);
  await store.append(first);
  await store.append(last);
  await store.archive([first.taskId]);
  rmSync(join(where, "archive-000001.jsonl"));
  const unavailable = { code: "StoreUnavailable", message: /archive-000001/ };
  await assert.rejects(store.read(last.task.account, first.taskId), unavailable);
  await assert.rejects(store.readEvents({ taskId: first.taskId, after: 0, limit: 9 }), unavailable);
  assert.equal((await store.append(submission())).outcome, "appended");
  await store.close();
});
