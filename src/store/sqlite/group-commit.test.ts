import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { ACCOUNT, following, submission } from "../../../test/contracts/store-contract.ts";
import { openSqliteStore, type SqliteStore } from "./sqlite-store.ts";

const root = mkdtempSync(join(tmpdir(), "taskscribe-group-"));
after(() => rmSync(root, { recursive: true, force: true }));

async function withStore(
  location: string,
  use: (store: SqliteStore) => Promise<void>,
): Promise<void> {
  const store = await openSqliteStore(location);
  try {
    await use(store);
  } finally {
    await store.close();
  }
}

function directory(): string {
  return mkdtempSync(join(root, "store-"));
}

describe("group commit", () => {
  for (const where of ["memory", "a directory"]) {
    const location = () => (where === "memory" ? ":memory:" : directory());

    it(`commits together what is appended in one turn, in ${where}`, () =>
      withStore(location(), async (store) => {
        await Promise.all(Array.from({ length: 500 }, () => store.append(submission())));
        const { commits, appends } = store.statistics;
        assert.equal(appends, 500);
        assert.ok(commits <= 500 / 32 + 1, `${commits} commits`);
      }));

    it(`commits a lone append by itself, at once, in ${where}`, () =>
      withStore(location(), async (store) => {
        for (let i = 0; i < 5; i++) await store.append(submission());
        assert.deepEqual(store.statistics, { commits: 5, appends: 5, damagedRows: 0 });
      }));

    it(`shows an append to those after it in the same batch, in ${where}`, () =>
      withStore(location(), async (store) => {
        const first = submission({ concurrencyKey: "k" });
        const second = following(first.task, { type: "StartTask", at: first.task.createdAt });
        const rival = submission({ concurrencyKey: "k" }, { unlessKeyHeld: true });
        const results = await Promise.all(
          [first, second, first, rival].map((a) => store.append(a)),
        );
        assert.deepEqual(results, [
          { outcome: "appended", position: 1, bytes: JSON.stringify(first.task).length },
          { outcome: "appended", position: 2, bytes: JSON.stringify(second.task).length },
          { outcome: "version-conflict" },
          { outcome: "key-held", by: first.taskId },
        ]);
        assert.equal(store.statistics.commits, 1);
      }));
  }

  it("commits together what arrives, turn by turn, while the disk is busy", async () => {
    await withStore(directory(), async (store) => {
      await store.append(submission());
      // Holds the writer up: its transaction cannot begin while this one is open.
      const blocker = new DatabaseSync(store.location);
      blocker.exec("BEGIN IMMEDIATE");
      const appends: Promise<unknown>[] = [];
      for (let i = 0; i < 20; i++) {
        appends.push(store.append(submission()));
        await setImmediate();
      }
      assert.equal(store.statistics.commits, 1);
      blocker.exec("ROLLBACK");
      blocker.close();
      await Promise.all(appends);
      // The first of them went out alone, the others waited for it.
      assert.deepEqual(store.statistics, { commits: 3, appends: 21, damagedRows: 0 });
    });
  });

  it("takes nothing of an append whose data cannot be written as JSON", () =>
    withStore(":memory:", async (store) => {
      const circular: Record<string, unknown> = {};
      circular["self"] = circular;
      const good = [submission(), submission()];
      const bad = submission(
        {},
        { resources: [{ kind: "k", id: "i", data: circular as never, expectedVersion: 0 }] },
      );
      const results = await Promise.allSettled(
        [good[0], bad, good[1]].map((a) => store.append(a as never)),
      );
      assert.deepEqual(
        results.map(({ status }) => status),
        ["fulfilled", "rejected", "fulfilled"],
      );
      assert.equal((await store.list({ account: ACCOUNT, limit: 10 })).tasks.length, 2);
    }));
});
