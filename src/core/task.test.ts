import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  after,
  completeStep,
  DIAMOND,
  failStep,
  startTask,
  submitTask,
} from "../../test/support/task-spec.ts";
import { unreachable } from "./errors.ts";
import {
  currentStep,
  findStep,
  isCanceledByParent,
  isFinal,
  OPEN_STATES,
  TASK_STATES,
} from "./task.ts";

test("four states are open, and four are final", () => {
  assert.deepEqual(
    TASK_STATES.filter((state) => !isFinal(state)),
    OPEN_STATES,
  );
  assert.deepEqual(TASK_STATES.filter(isFinal), ["succeeded", "failed", "canceled", "expired"]);
});

describe("the current step", () => {
  const begun = after(undefined, submitTask(0, { steps: DIAMOND }), startTask(0));

  test("is the first that runs", () => assert.equal(currentStep(begun)?.name, "a"));
  test("rather runs than waits for a retry", () => {
    assert.equal(currentStep(after(begun, failStep(1, "a")))?.name, "b");
  });
  test("rather waits for a retry than for its turn", () => {
    const waits = after(begun, completeStep(1, "a"), completeStep(2, "c"), failStep(3, "b"));
    assert.equal(currentStep(waits)?.name, "b");
  });
  test("is the next to start if none has begun", () => {
    assert.equal(currentStep(after(undefined, submitTask(0)))?.name, "work");
  });
  test("is none when all are over", () => {
    const done = after(undefined, submitTask(0), startTask(0), completeStep(1, "work"));
    assert.equal(currentStep(done), undefined);
  });
});

test("a step is found by its name", () => {
  const task = after(undefined, submitTask(0, { steps: DIAMOND }));
  assert.equal(findStep(task, "c")?.name, "c");
  assert.equal(findStep(task, "__proto__"), undefined);
});

test("data that no type describes is refused in words", () => {
  assert.throws(() => unreachable({ type: "Surprise" } as never), /unexpected.*Surprise/);
});

test("a subtask is canceled by its parent, or by somebody else", () => {
  const parent = { taskId: "t-parent", step: "fan" };
  const subtask = after(undefined, submitTask(0, { parent }));
  const canceledBy = (by: string, task = subtask) => {
    const command = { type: "CancelTask", at: 1, by, reason: "-", deadline: 2 } as const;
    return isCanceledByParent(after(task, command));
  };
  assert.equal(canceledBy("t-parent"), true);
  assert.equal(canceledBy("ada"), false);
  assert.equal(canceledBy("t-parent", after(undefined, submitTask(0))), false);
  assert.equal(isCanceledByParent(subtask), false);
  const running = after(undefined, submitTask(0, { parent }), startTask(0));
  assert.equal(canceledBy("t-parent", running), false, "it is being canceled");
});
