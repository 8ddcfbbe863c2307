import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { draft, taskSubmitted } from "../../../test/support/task-spec.ts";
import { fold } from "../../core/evolve.ts";
import type { Task } from "../../core/task.ts";
import { liveTask } from "./live-task.ts";
import { type OpenContent, OpenContents } from "./open-contents.ts";

/* Row 2 of issue 15: what open tasks hold in memory follows a budget in bytes. */

const pending = (id: string): Task => fold([taskSubmitted(0, draft({ id }))]);
const atWork = (task: Task): Task => ({
  ...task,
  state: "running",
  steps: task.steps.map((step) => ({ ...step, state: "running" })),
});

function bench(bytes: number) {
  const parked: string[] = [];
  let told = 0;
  const contents = new OpenContents({
    bytes,
    parked: ({ id }) => void parked.push(id),
    roomAgain: () => {
      told++;
    },
  });
  const add = (id: string, size: number, change: (task: Task) => Task = (task) => task) => {
    const content: OpenContent = liveTask(change(pending(id)), size);
    contents.add(content);
    contents.settle();
    return content;
  };
  return { contents, parked, add, told: () => told };
}

describe("the contents of open tasks", () => {
  it("stay within their budget: the oldest are parked first", () => {
    const { contents, parked, add } = bench(100);
    for (const id of ["a", "b", "c", "d"]) add(id, 40);
    assert.deepEqual(parked, ["a", "b"]);
    assert.equal(contents.held, 80);
  });

  it("are all in memory while they fit", () => {
    const { contents, parked, add } = bench(100);
    for (let i = 0; i < 50; i++) add(`t-${i}`, 2);
    assert.deepEqual(parked, []);
    assert.equal(contents.held, 100);
  });

  it("that somebody asked for lately are parked later", () => {
    const { parked, add } = bench(100);
    add("a", 40).isUsed = true;
    add("b", 40);
    add("c", 40);
    assert.deepEqual(parked, ["b"]);
  });

  it("stay while an attempt runs, and while one is about to", () => {
    const { contents, parked, add } = bench(100);
    add("runs", 60, atWork);
    const soon = add("soon", 40);
    contents.reserve(soon);
    add("c", 40);
    assert.deepEqual(parked, ["c"]);
    assert.equal(contents.held, 100);
  });

  it("at work keep others from beginning, who are told once there is room", () => {
    const { contents, add, told } = bench(100);
    const one = add("a", 80, atWork);
    assert.equal(contents.hasRoom, true);
    const other = add("b", 80, atWork);
    assert.equal(contents.hasRoom, false);
    contents.change(one, one.task, 90);
    contents.settle();
    assert.equal(told(), 0);
    contents.change(one, { ...one.task, steps: [] }, 90);
    contents.settle();
    assert.equal(told(), 1, "the task that is not at work any more was parked");
    assert.equal(contents.held, 80);
    contents.remove(other);
    contents.settle();
    assert.equal(contents.held, 0);
    assert.equal(told(), 1, "nobody was refused since");
  });

  it("of a parked task count from the moment at which an attempt is about to begin", () => {
    const { contents, add } = bench(100);
    const parked = add("a", 200);
    assert.equal(contents.held, 0);
    contents.reserve(parked);
    assert.equal(contents.held, 200);
    assert.equal(contents.hasRoom, false);
    contents.fill(parked, pending("a"));
    assert.equal(contents.held, 200);
    contents.release(parked);
    contents.settle();
    assert.equal(contents.held, 0, "the attempt came to nothing");
  });

  it("add up after any order of changes", () => {
    const { contents, add } = bench(100);
    const all = Array.from({ length: 20 }, (_, i) => add(`t-${i}`, 10 + i));
    for (const [i, content] of all.entries()) {
      if (i % 2 === 0) contents.fill(content, pending(content.task.id));
      contents.settle();
      contents.change(content, pending(content.task.id), 5);
      contents.settle();
      assert.ok(contents.held <= 100, `${contents.held}`);
    }
    const whole = all.filter(({ isParked }) => !isParked);
    assert.equal(
      contents.held,
      whole.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    for (const content of all) contents.remove(content);
    assert.equal(contents.held, 0);
  });
});
