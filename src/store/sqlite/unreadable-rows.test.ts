import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ACCOUNT, following, submission } from "../../../test/contracts/store-contract.ts";
import type { Task } from "../../core/task.ts";
import { createMemory, openMemory } from "./sqlite-store.ts";

const SPOILT = "not what was written";

/** Three tasks with a resource each, the second of which has ended; what was left out is told to `damaged`. */
async function bench() {
  const memory = await createMemory();
  const damaged: string[] = [];
  const store = openMemory(memory, { damaged: (what) => damaged.push(what) });
  const tasks: Task[] = [];
  for (const name of ["a", "b", "c"]) {
    const resources = [{ kind: "node", id: name, data: { name }, expectedVersion: 0 }];
    const append = submission({}, { resources });
    await store.append(append);
    tasks.push(append.task);
  }
  const [first, second, third] = tasks as [Task, Task, Task];
  const spoil = (
    table: string,
    column: string,
    where: string,
    value: string,
    found: string | null = SPOILT,
  ) => memory.db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${where} = ?`).run(found, value);
  return { store, damaged, first, second, third, spoil };
}

const idsOf = (tasks: readonly Task[]) => tasks.map(({ id }) => id).sort();

describe("row 23: a stored row that cannot be read", () => {
  it("is left out of a list and of the open tasks, which are otherwise whole, and is told of once", async () => {
    const { store, damaged, first, second, third, spoil } = await bench();
    spoil("tasks", "doc", "id", second.id);
    const whole = idsOf([first, third]);
    assert.deepEqual(idsOf((await store.list({ account: ACCOUNT, limit: 10 })).tasks), whole);
    assert.deepEqual(idsOf(await store.listOpen(undefined, 10)), whole);
    assert.deepEqual(idsOf(await store.listOpen(undefined, 2)), whole, "a full page");
    assert.match(damaged.join(), new RegExp(`^the task ${second.id}: .*checksum`));
    assert.equal(store.statistics.damagedRows, 1);
  });

  it("may be one of a page that the disk did not write: all of it is empty, and nothing has a checksum", async () => {
    const { store, damaged, first, second, third, spoil } = await bench();
    spoil("tasks", "sum", "id", second.id, null);
    spoil("tasks", "doc", "id", second.id, "null");
    const { tasks } = await store.list({ account: ACCOUNT, limit: 10 });
    assert.deepEqual(idsOf(tasks), idsOf([first, third]));
    assert.match(damaged.join(), /is no object/);
    await assert.rejects(store.read(ACCOUNT, second.id), { code: "StoreUnavailable" });
  });

  it("does not keep the pages of a list from going on", async () => {
    const { store, first, third, second, spoil } = await bench();
    spoil("tasks", "doc", "id", second.id);
    const found: Task[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.list({ account: ACCOUNT, limit: 1, ...(cursor && { cursor }) });
      found.push(...page.tasks);
      cursor = page.next;
    } while (cursor !== undefined);
    assert.deepEqual(idsOf(found), idsOf([first, third]));
  });

  it("is an error for whoever asks for it by its name", async () => {
    const { store, second, spoil } = await bench();
    spoil("tasks", "doc", "id", second.id);
    await assert.rejects(store.read(ACCOUNT, second.id), { code: "StoreUnavailable" });
  });

  it("is left out of the log of all tasks, but not of the log of its own", async () => {
    const { store, damaged, first, second, third, spoil } = await bench();
    const [entry] = await store.readEvents({
      account: ACCOUNT,
      taskId: second.id,
      after: 0,
      limit: 1,
    });
    spoil("events", "events", "position", String(entry?.position));
    const page = await store.readEvents({ account: ACCOUNT, after: 0, limit: 10 });
    assert.deepEqual(page.map(({ taskId }) => taskId).sort(), idsOf([first, third]));
    assert.match(damaged.join(), new RegExp(`log of the task ${second.id}`));
    const own = store.readEvents({ account: ACCOUNT, taskId: second.id, after: 0, limit: 10 });
    await assert.rejects(own, { code: "StoreUnavailable" });
  });

  it("is left out of the resources", async () => {
    const { store, spoil } = await bench();
    spoil("resources", "data", "id", "b");
    const found = await store.listResources(ACCOUNT, { kind: "node" });
    assert.deepEqual(
      found.map(({ id }) => id),
      ["a", "c"],
    );
    await assert.rejects(store.readResource(ACCOUNT, "node", "b"), { code: "StoreUnavailable" });
  });

  it("stays where it is when ended tasks are archived, and the others go", async () => {
    const { store, first, second, spoil } = await bench();
    for (const task of [first, second]) {
      const cancel = { type: "CancelTask", at: 1, by: "me", reason: "", deadline: 0 } as const;
      await store.append(following(task, cancel));
    }
    spoil("tasks", "doc", "id", second.id);
    const moved = await store.archive([second.id, first.id]);
    assert.deepEqual(
      moved.map(({ taskId }) => taskId),
      [first.id],
    );
  });
});
