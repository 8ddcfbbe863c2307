import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, startEngine } from "../../../test/support/engine-bench.ts";
import { settle } from "../../../test/support/fake-clock.ts";
import { defineTask } from "../../core/define-task.ts";
import type { JsonObject } from "../../core/json.ts";
import { createMemory, openMemory } from "../../store/sqlite/sqlite-store.ts";
import { DEFAULT_SETTINGS } from "../dialect.ts";
import { stateWords } from "./dialect.ts";
import { describeClusterTasks } from "./task-list.ts";

const CLUSTER = "c1";
const KIB = 1_024;

/* Row 3 of issue 15: a list ends a page at a size. A client that numbers its pages has no token to read on with. */
describe("a numbered page of DescribeClusterTasks", () => {
  /** Seven ended tasks of a cluster, each so big that a list ends its page with it; the newest first. */
  async function bench() {
    const work = defineTask({ product: "ack", type: "upgrade", steps: { only: async () => ({}) } });
    const memory = await createMemory();
    const { engine, clock } = await startEngine([work], {
      product: { name: "ack" },
      store: openMemory(memory),
      budgets: { listPageBytes: 2 * KIB, endedTasks: 0 },
    });
    const ids: string[] = [];
    for (let i = 0; i < 7; i++) {
      const input = { text: "x".repeat(3 * KIB) };
      const request = {
        product: "ack",
        type: "upgrade",
        input,
        target: { type: "cluster", id: CLUSTER },
      };
      ids.unshift((await engine.submit(request, caller)).id);
      await settle();
    }
    await clock.advance(1);
    const page = async (parameters: JsonObject) => {
      const asked = { cluster_id: CLUSTER, ...parameters };
      const answer = await describeClusterTasks(
        engine,
        caller,
        asked,
        stateWords(DEFAULT_SETTINGS),
      );
      return { ...answer, ids: answer.tasks.map(({ task_id }) => task_id) };
    };
    return { memory, ids, page, engine };
  }

  it("has as many tasks as were asked for, whatever their size", async () => {
    const { ids, page } = await bench();
    assert.deepEqual((await page({ page_size: 3 })).ids, ids.slice(0, 3));
    assert.deepEqual((await page({ page_size: 3, page_number: 2 })).ids, ids.slice(3, 6));
    assert.deepEqual((await page({ page_size: 3, page_number: 3 })).ids, ids.slice(6));
    assert.deepEqual((await page({ page_size: 3, page_number: 4 })).ids, []);
    assert.deepEqual((await page({})).ids, ids);
  });

  it("keeps the place of a damaged task, so that no other is on two pages", async () => {
    const { memory, ids, page } = await bench();
    memory.db.prepare("UPDATE tasks SET doc = '?' WHERE id = ?").run(ids[1] ?? "");
    assert.deepEqual((await page({ page_size: 3 })).ids, [ids[0], ids[2]]);
    assert.deepEqual((await page({ page_size: 3, page_number: 2 })).ids, ids.slice(3, 6));
  });

  it("ends at the size where a client reads on by token, as before", async () => {
    const { ids, page } = await bench();
    const first = await page({ max_results: 3 });
    assert.deepEqual(first.ids, ids.slice(0, 1));
    assert.ok(first.next_token);
  });
});
