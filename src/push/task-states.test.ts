import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { following, submission } from "../../test/contracts/store-contract.ts";
import type { Task } from "../core/task.ts";
import { parseFilter } from "../filter/parse.ts";
import type { EventQuery, RecordedEvents } from "../store/store.ts";
import { entryFilter } from "./entry-filter.ts";
import { memoryBytes } from "./kept-bytes.ts";
import { TaskStates } from "./task-states.ts";

const AT = 1_700_000_000_000;

/** Tasks with an input of so many bytes that were submitted, and then started. */
function logOf(length: number, bytes: number) {
  const stored: RecordedEvents[] = [];
  const tasks = new Map<string, Task>();
  const counted = { reads: 0 };
  const record = ({ task, events }: { task: Task; events: RecordedEvents["events"] }) => {
    const { id: taskId, account, version } = task;
    const firstVersion = version - events.length + 1;
    stored.push({ position: stored.length + 1, account, taskId, firstVersion, events });
    tasks.set(taskId, task);
  };
  for (let i = 0; i < length; i++) record(submission({ input: { text: "x".repeat(bytes) } }));
  for (const task of [...tasks.values()])
    record(following(task, { type: "StartTask", at: AT + 1 }));
  const service = {
    get: async (_: string, taskId: string) => {
      counted.reads += 1;
      return tasks.get(taskId) as Task;
    },
    events: async ({ taskId, after }: EventQuery) => {
      counted.reads += 1;
      return stored.filter((entry) => entry.taskId === taskId && entry.position > after);
    },
  };
  return { stored, counted, service };
}

describe("suspicion: filtered streams keep a thousand folded tasks each", () => {
  it("is refuted: a thousand filters keep what they need together, within one budget", async () => {
    const { stored, counted, service } = logOf(500, 1_000);
    const states = new TaskStates(service);
    const filters = Array.from({ length: 1_000 }, () =>
      entryFilter(states, parseFilter("state:running")),
    );
    let fitting = 0;
    for (const entry of stored) {
      for (const filter of filters) fitting += (await filter(entry)) ? 1 : 0;
    }
    assert.equal(fitting, 500 * 1_000);
    assert.equal(counted.reads, 0, "each task was folded on, and nothing was read for it");
    const one = new TaskStates(service);
    for (const entry of stored) one.known(entry);
    assert.equal(states.bytes, one.bytes, "a thousand keep as much as one");
  });

  it("answers the same when the budget is too small to keep anything", async () => {
    const { stored, counted, service } = logOf(20, 1_000);
    for (const text of ["state:running", "type:cluster_*", "-state:running"]) {
      const small = entryFilter(
        new TaskStates(service, { filterStateBytes: 10 }),
        parseFilter(text),
      );
      const large = entryFilter(new TaskStates(service), parseFilter(text));
      for (const entry of stored) assert.equal(await small(entry), await large(entry));
    }
    assert.ok(counted.reads > 0);
  });

  it("is within the budget, whatever the tasks are like", () => {
    const { stored, service } = logOf(300, 10_000);
    const states = new TaskStates(service, { filterStateBytes: 500_000 });
    for (const entry of stored) {
      states.known(entry);
      assert.ok(states.bytes <= 500_000, `${states.bytes} bytes`);
    }
    assert.ok(states.bytes > 400_000);
  });

  it("knows the task of a later entry from an earlier one where the filter asks for what never changes", async () => {
    const { stored, counted, service } = logOf(50, 10);
    const filter = entryFilter(new TaskStates(service), parseFilter("product:ack"));
    for (const entry of stored) assert.equal(await filter(entry), true);
    assert.equal(counted.reads, 0);
  });

  it("measures what a value takes by its texts and fields", () => {
    const small = memoryBytes({ a: "", b: 1 });
    assert.equal(memoryBytes({ a: "x".repeat(1_000), b: 1 }), small + 1_000);
    assert.ok(memoryBytes([{ a: "", b: 1 }]) > small);
    assert.equal(memoryBytes(undefined), 0);
  });
});
