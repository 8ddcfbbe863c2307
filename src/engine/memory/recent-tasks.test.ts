import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { draft, taskSubmitted } from "../../../test/support/task-spec.ts";
import { fold } from "../../core/evolve.ts";
import { RecentTasks } from "./recent-tasks.ts";

const MANY = 1e9;
const task = (id: string) => fold([taskSubmitted(0, draft({ id }))]);
const several = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, n) => task(`${prefix}-${n}`));

describe("tasks at hand", () => {
  it("are those that just ended, twice so many at most", () => {
    const recent = new RecentTasks(10, MANY);
    const all = several("t", 50);
    for (const one of all) recent.add(one, 100);
    const found = all.filter(({ id }) => recent.get(id) !== undefined);
    assert.ok(found.length >= 10 && found.length <= 20, `${found.length}`);
    assert.equal(found.at(-1), all.at(-1));
  });

  it("are of those read the ones that are read again", () => {
    const recent = new RecentTasks(10, MANY);
    const first = task("a");
    recent.offer(first, 100);
    assert.equal(recent.get("a"), undefined);
    recent.offer(first, 100);
    assert.equal(recent.get("a"), first);
  });

  it("are not pushed out by somebody who reads all tasks once", () => {
    const recent = new RecentTasks(10, MANY);
    const polled = several("polled", 10);
    for (const one of polled) recent.add(one, 100);
    for (const one of several("walked", 1_000)) recent.offer(one, 100);
    for (const one of polled) assert.equal(recent.get(one.id), one);
  });

  it("take no more bytes than their budget (row 2 of issue 15)", () => {
    const recent = new RecentTasks(1_000, 1_000);
    const all = several("t", 50);
    for (const one of all) {
      recent.add(one, 100);
      assert.ok(recent.held <= 1_000, `${recent.held} bytes`);
    }
    const found = all.filter(({ id }) => recent.get(id) !== undefined);
    assert.ok(found.length >= 5 && found.length <= 10, `${found.length}`);
  });

  it("leave out what alone would push out all others (row 2 of issue 15)", () => {
    const recent = new RecentTasks(10, 1_000);
    recent.add(task("small"), 100);
    recent.add(task("big"), 900);
    assert.equal(recent.get("big"), undefined);
    assert.equal(recent.get("small")?.id, "small");
  });

  it("counts what was found and what was not", () => {
    const recent = new RecentTasks(10, MANY);
    recent.add(task("a"), 100);
    recent.get("a");
    recent.get("b");
    assert.deepEqual([recent.hits, recent.misses], [1, 1]);
  });
});
