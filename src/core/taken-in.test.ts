import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  approvalAsked,
  errorOf,
  runningTask,
  stepFailed,
  stepReported,
  stepStarted,
  stepSucceeded,
  taskPaused,
  taskResumed,
  taskStarted,
  taskSubmitted,
} from "../../test/support/task-spec.ts";
import { openApproval } from "./approvals.ts";
import type { TaskEvent } from "./events.ts";
import { fold } from "./evolve.ts";
import { findStep, type SubtaskSummary, type TaskState } from "./task.ts";

const imported = (at: number, held?: string): TaskEvent => ({
  type: "TaskImported",
  at,
  by: "ann",
  from: "t-there",
  ...(held !== undefined && { held }),
});
const subtask = (id: string, state: TaskState): SubtaskSummary => ({
  ...{ id, state, type: "part", message: "" },
  ...{ createdAt: 1, updatedAt: 1 },
});
const chain = [
  { name: "one", after: [], weight: 1, maxAttempts: 3 },
  { name: "two", after: ["one"], weight: 1, maxAttempts: 3 },
];

describe("a task that is taken in from elsewhere", () => {
  it("waits for its start, with what was done, and without what was under way", () => {
    const log = [
      ...runningTask({ steps: chain, startBy: 90, finishBy: 100 }),
      stepSucceeded(1, "one"),
      stepStarted(1, "two"),
      approvalAsked(2, "two", "go on?", 6),
      stepReported(3, "two", {
        subtasks: [subtask("t-open", "running"), subtask("t-done", "succeeded")],
      }),
    ];
    const task = fold([...log, imported(10)]);
    const [one, two] = [findStep(task, "one"), findStep(task, "two")];
    assert.deepEqual(
      [task.state, task.startedAt, task.startBy, task.finishBy, task.held],
      ["pending", undefined, undefined, 100, undefined],
    );
    assert.deepEqual([one?.state, one?.updatedAt], ["succeeded", 1]);
    assert.deepEqual([two?.state, two?.attempt, two?.updatedAt], ["waiting", 1, 10]);
    assert.equal(two && openApproval(two), undefined);
    assert.deepEqual(
      two?.subtasks?.map(({ id }) => id),
      ["t-done"],
    );
  });

  it("keeps the step that has not begun as it is, and the deadline of its start", () => {
    const task = fold([taskSubmitted(0, { steps: chain, startBy: 50 }), imported(10)]);
    assert.equal(task.startBy, 50);
    for (const { state, updatedAt, subtasks } of task.steps) {
      assert.deepEqual([state, updatedAt, subtasks], ["waiting", undefined, undefined]);
    }
  });

  it("begins a step again that waited for its retry, without the error of before", () => {
    const failed = stepFailed(2, errorOf("work"), 60);
    const task = fold([...runningTask(), failed, imported(10)]);
    const step = findStep(task, "work");
    assert.deepEqual(
      [step?.state, step?.error, step?.retryAt, step?.updatedAt],
      ["waiting", undefined, undefined, 10],
    );
  });

  it("has as much time left as it had when it was paused", () => {
    const task = fold([...runningTask({ finishBy: 100 }), taskPaused(20), imported(50)]);
    assert.deepEqual([task.state, task.paused, task.finishBy], ["pending", undefined, 130]);
  });

  it("is held until it is resumed, and its deadlines move by that time", () => {
    const log = [taskSubmitted(0, { startBy: 40, finishBy: 100 }), imported(10, "a look first")];
    const held = fold(log);
    assert.deepEqual(held.held, { at: 10, by: "ann", reason: "a look first" });
    const free = fold([...log, taskResumed(35)]);
    assert.deepEqual([free.held, free.startBy, free.finishBy], [undefined, 65, 125]);
    const begun = fold([taskSubmitted(0), taskStarted(1), imported(10, "a look"), taskResumed(35)]);
    assert.ok(!("startBy" in begun) && !("finishBy" in begun));
  });
});
