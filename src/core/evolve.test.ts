import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  approvalAsked,
  approvalDecided,
  cancelRequested,
  draft,
  errorOf,
  runningTask,
  step,
  stepCanceled,
  stepFailed,
  stepInterrupted,
  stepReported,
  stepStarted,
  stepSucceeded,
  taskCanceled,
  taskExpired,
  taskFailed,
  taskPaused,
  taskResumed,
  taskStarted,
  taskSubmitted,
  taskSucceeded,
} from "../../test/support/task-spec.ts";
import type { StepReport, TaskEvent } from "./events.ts";
import { evolve, fold, initialState } from "./evolve.ts";
import { findStep, type Item, MAX_NOTICES, type Notice, type Step, type Task } from "./task.ts";

const TWO = { steps: [step("a"), step("b", ["a"])] };

describe("the log", () => {
  test("begins with the submission", () => {
    assert.equal(fold([taskSubmitted(1)], initialState).version, 1);
    assert.throws(() => fold([taskStarted(1)]), /begins with TaskSubmitted; found TaskStarted/);
    assert.throws(() => fold([]), /at least one event/);
  });
  test("has one submission", () => {
    assert.throws(() => fold([taskSubmitted(0), taskSubmitted(1)]), /t-1.*submitted twice/);
  });
  test("has events of known types only", () => {
    const unknown = { type: "TaskVanished", at: 1 } as unknown as TaskEvent;
    assert.throws(() => fold([taskSubmitted(0), unknown]), /unexpected value.*TaskVanished/);
  });
  test("tells of the task's own steps only", () => {
    assert.throws(() => fold([...runningTask(), stepSucceeded(1, "ghost")]), /t-1 .*"ghost"/);
  });
  test("counts versions and keeps the moment of the last event", () => {
    const task = fold([taskSubmitted(5), taskStarted(7), stepStarted(7, "work")]);
    assert.equal(task.version, 3);
    assert.equal(task.createdAt, 5);
    assert.equal(task.startedAt, 7);
    assert.equal(task.updatedAt, 7);
  });
  test("folds in parts as it folds in one", () => {
    const log = [...runningTask(), taskPaused(3), taskResumed(9), stepSucceeded(10, "work")];
    for (let cut = 1; cut < log.length; cut++) {
      assert.deepEqual(fold(log.slice(cut), fold(log.slice(0, cut))), fold(log));
    }
  });
  test("is never changed by reading it, nor is the state before", () => {
    const log = deepFreeze([
      ...runningTask(TWO),
      stepReported(1, "a", { outputs: { x: 1 }, items: [{ id: "i", status: "initial" }] }),
      stepFailed(2, errorOf("a"), 9),
      taskPaused(3),
      taskResumed(4),
      stepStarted(11, "a", 2),
      stepReported(12, "a", { outputs: { y: 1 }, items: [{ id: "i", status: "success" }] }),
    ]);
    let task: Task | undefined;
    for (const event of log) task = deepFreeze(evolve(task, event));
    assert.equal(task?.version, log.length);
  });
});

describe("a submitted task", () => {
  test("has all that was asked for, and nothing done yet", () => {
    const asked = draft({
      ...TWO,
      concurrencyKey: "cluster/c1",
      labels: { team: "blue" },
      notBefore: 1,
      startBy: 2,
      finishBy: 3,
      requestId: "r",
      actor: "ada",
    });
    const { steps, ...task } = fold([{ type: "TaskSubmitted", at: 5, task: asked }]);
    const { steps: planned, ...rest } = asked;
    assert.deepEqual(task, {
      ...rest,
      state: "pending",
      version: 1,
      progress: 0,
      items: [],
      notices: [],
      outputs: {},
      createdAt: 5,
      updatedAt: 5,
    });
    const fresh = { state: "waiting", attempt: 0, failures: 0, crashes: 0, progress: 0 };
    assert.deepEqual(
      steps,
      planned.map((one) => ({ ...one, ...fresh })),
    );
  });
});

describe("states of a task", () => {
  test("pause keeps who, when and why, until it is over", () => {
    const paused = fold([...runningTask(), taskPaused(3)]);
    assert.equal(paused.state, "paused");
    assert.deepEqual(paused.paused, { at: 3, by: "ada", reason: "because" });
    assert.equal("paused" in evolve(paused, taskResumed(4)), false);
    assert.equal("paused" in evolve(paused, cancelRequested(4, 9)), false);
  });
  test("cancel keeps who, when, why and until when, for ever", () => {
    const cancel = { at: 3, by: "ada", reason: "because", deadline: 9 };
    const canceling = fold([...runningTask(), cancelRequested(3, 9)]);
    assert.deepEqual(canceling.cancel, cancel);
    const canceled = evolve(evolve(canceling, stepCanceled(4, "work")), taskCanceled(4));
    assert.equal(canceled.state, "canceled");
    assert.equal(canceled.endedAt, 4);
    assert.deepEqual(canceled.cancel, cancel);
  });
  test("success completes the progress", () => {
    const task = fold([...runningTask(), stepSucceeded(4, "work"), taskSucceeded(4)]);
    assert.equal(task.state, "succeeded");
    assert.equal(task.progress, 10_000);
    assert.equal(task.endedAt, 4);
  });
  test("failure and expiry tell why, to people as well", () => {
    const error = errorOf("work");
    for (const [event, state] of [
      [taskFailed(4, error), "failed"],
      [taskExpired(4, error), "expired"],
    ] as const) {
      const task = fold([...runningTask(), event]);
      assert.equal(task.state, state);
      assert.deepEqual(task.error, error);
      assert.equal(task.message, "it broke");
      assert.equal(task.endedAt, 4);
    }
  });
});

describe("states of a step", () => {
  const work = (...events: readonly TaskEvent[]): Step => {
    const found = findStep(fold([...runningTask(), ...events]), "work");
    assert.ok(found);
    return found;
  };
  const planned = step("work");

  test("running", () => {
    assert.deepEqual(work(), {
      ...planned,
      state: "running",
      attempt: 1,
      failures: 0,
      crashes: 0,
      progress: 0,
      startedAt: 0,
      updatedAt: 0,
    });
  });
  test("retrying, and running again with no trace of the failure", () => {
    const retrying = work(stepFailed(3, errorOf("work"), 13));
    assert.equal(retrying.state, "retrying");
    assert.equal(retrying.failures, 1);
    assert.equal(retrying.retryAt, 13);
    assert.deepEqual(retrying.error, errorOf("work"));
    assert.equal("endedAt" in retrying, false);
    assert.deepEqual(work(stepFailed(3, errorOf("work"), 13), stepStarted(13, "work", 2)), {
      ...planned,
      state: "running",
      attempt: 2,
      failures: 1,
      crashes: 0,
      progress: 0,
      startedAt: 0,
      updatedAt: 13,
    });
  });
  test("failed", () => {
    const failed = work(stepFailed(3, errorOf("work")));
    assert.equal(failed.state, "failed");
    assert.equal(failed.endedAt, 3);
    assert.equal(failed.message, "it broke");
    assert.equal("retryAt" in failed, false);
  });
  test("interrupted by a crash or a shutdown; only crashes count", () => {
    assert.deepEqual(pick(work(stepInterrupted(3, "work", "crash"))), ["waiting", 1, 1]);
    assert.deepEqual(pick(work(stepInterrupted(3, "work", "shutdown"))), ["waiting", 1, 0]);
    assert.equal(work(stepInterrupted(3, "work", "crash")).updatedAt, 3);
  });
  test("succeeded and canceled", () => {
    const succeeded = work(stepSucceeded(3, "work"));
    assert.equal(succeeded.state, "succeeded");
    assert.equal(succeeded.endedAt, 3);
    assert.equal(succeeded.updatedAt, 3);
    const canceled = work(stepFailed(3, errorOf("work"), 13), stepCanceled(4, "work"));
    assert.equal(canceled.state, "canceled");
    assert.equal(canceled.endedAt, 4);
    assert.equal("retryAt" in canceled, false);
  });
  test("an event of one step leaves the others as they are", () => {
    const before = fold(runningTask(TWO));
    const later = evolve(before, stepSucceeded(1, "a"));
    assert.equal(findStep(later, "b"), findStep(before, "b"));
  });

  function pick({ state, attempt, crashes }: Step) {
    return [state, attempt, crashes];
  }
});

describe("a pause", () => {
  const retrying = [...runningTask({ finishBy: 100 }), stepFailed(10, errorOf("work"), 20)];

  test("moves retries and the finish-by deadline by the time it lasted", () => {
    const task = fold([...retrying, taskPaused(12), taskResumed(50)]);
    assert.equal(findStep(task, "work")?.retryAt, 20 + 38);
    assert.equal(task.finishBy, 100 + 38);
  });
  test("moves the retry of a step that failed meanwhile by what was left of it", () => {
    const log = [
      ...runningTask({ finishBy: 100 }),
      taskPaused(12),
      stepFailed(30, errorOf("work"), 40),
    ];
    const task = fold([...log, taskResumed(50)]);
    assert.equal(findStep(task, "work")?.retryAt, 40 + 20);
    assert.equal(task.finishBy, 100 + 38);
  });
  test("moves nothing if nothing waits", () => {
    const task = fold([...runningTask(), taskPaused(12), taskResumed(50)]);
    assert.equal(task.finishBy, undefined);
    assert.equal("finishBy" in task, false);
    assert.equal(task.state, "running");
  });
  test("of no length, or unknown length, moves nothing", () => {
    const task = fold([...retrying, taskResumed(50)]);
    assert.equal(findStep(task, "work")?.retryAt, 20);
    assert.equal(task.finishBy, 100);
  });
});

describe("a report", () => {
  const told = (...reports: readonly StepReport[]): Task =>
    fold([
      ...runningTask({ ...TWO, attributes: { name: "n", kept: true } }),
      ...reports.map((report, i) => stepReported(i + 1, "a", report)),
    ]);

  test("moves progress up, never down", () => {
    assert.equal(told({ progress: 5_000 }).progress, 2_500);
    assert.equal(told({ progress: 5_000 }, { progress: 10 }).progress, 2_500);
    assert.equal(findStep(told({ progress: 5_000 }, { progress: 10 }), "a")?.progress, 5_000);
    assert.equal(told({ progress: 5_000 }, { message: "still here" }).progress, 2_500);
  });
  test("progress survives a failed attempt", () => {
    const log = [
      ...runningTask(TWO),
      stepReported(1, "a", { progress: 5_000 }),
      stepFailed(2, errorOf("a"), 3),
    ];
    assert.equal(fold([...log, stepStarted(3, "a", 2)]).progress, 2_500);
  });
  test("leaves the last basis point to success", () => {
    const task = fold([
      ...runningTask(),
      stepReported(1, "work", { progress: 10_000 }),
      stepSucceeded(2, "work"),
    ]);
    assert.equal(task.progress, 9_999);
  });
  test("sets the message of the step and of the task", () => {
    const task = told({ message: "one" }, { progress: 1 }, { message: "" });
    assert.equal(task.message, "");
    assert.equal(findStep(task, "a")?.message, "");
    assert.equal(told({ message: "one" }, { progress: 1 }).message, "one");
    assert.equal(findStep(told({ message: "one" }, { progress: 1 }), "a")?.updatedAt, 2);
  });
  test("merges outputs into the step and the task", () => {
    const log = [
      ...runningTask(TWO),
      stepReported(1, "a", { outputs: { x: 1, y: { deep: true } } }),
      stepReported(2, "a", { outputs: { y: 2 } }),
      stepReported(3, "b", { outputs: { z: 3 } }),
    ];
    assert.deepEqual(fold(log).outputs, { x: 1, y: 2, z: 3 });
    assert.deepEqual(findStep(fold(log), "a")?.outputs, { x: 1, y: 2 });
    assert.deepEqual(findStep(fold(log), "b")?.outputs, { z: 3 });
  });
  test("merges attributes into the task's", () => {
    assert.deepEqual(told({ attributes: { name: "m", more: [1] } }).attributes, {
      name: "m",
      kept: true,
      more: [1],
    });
  });
  test("replaces items with the same id where they stand, and adds the others", () => {
    const initial: Item[] = ["i-1", "i-2", "i-3"].map((id) => ({ id, status: "initial" }));
    const news: Item[] = [
      { id: "i-2", status: "failed", message: "no stock" },
      { id: "i-4", status: "success" },
      { id: "i-4", status: "failed" },
    ];
    assert.deepEqual(told({ items: initial }, { items: news }).items, [
      { id: "i-1", status: "initial" },
      { id: "i-2", status: "failed", message: "no stock" },
      { id: "i-3", status: "initial" },
      { id: "i-4", status: "failed" },
    ]);
  });
  test("replaces subtasks with the same id, within their step", () => {
    const child = { id: "t-2", type: "sub", state: "running", message: "" } as const;
    const begun = { ...child, createdAt: 1, updatedAt: 1 };
    const done = { ...begun, state: "succeeded", updatedAt: 2 } as const;
    const task = told({ subtasks: [begun] }, { subtasks: [done] });
    assert.deepEqual(findStep(task, "a")?.subtasks, [done]);
    assert.equal(findStep(task, "b")?.subtasks, undefined);
  });

  test("takes no subtask back when a report comes once more, or late", () => {
    const begun = { id: "s", type: "x", state: "running", message: "", createdAt: 1, updatedAt: 2 };
    const later = { ...begun, message: "half", updatedAt: 3 };
    const done = { ...begun, state: "succeeded", updatedAt: 3 };
    const tell = (...reports: readonly object[]) =>
      findStep(told(...reports.map((one) => ({ subtasks: [one] }) as StepReport)), "a")?.subtasks;
    assert.deepEqual(tell(begun, later, begun), [later]);
    assert.deepEqual(tell(begun, done, { ...begun, updatedAt: 4 }), [done]);
  });
  test("keeps the newest notices, a bounded number of them", () => {
    const notice = (at: number): Notice => ({
      at,
      level: "Normal",
      action: "",
      reason: "",
      message: "",
      source: "",
    });
    const first = Array.from({ length: MAX_NOTICES }, (_, i) => notice(i));
    const task = told({ notices: first }, { notices: [notice(900), notice(901)] });
    assert.equal(task.notices.length, MAX_NOTICES);
    assert.equal(task.notices[0]?.at, 2);
    assert.equal(task.notices.at(-1)?.at, 901);
  });
  test("of names that mean something to JavaScript stays data", () => {
    const outputs = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}');
    const ids = ["__proto__", "constructor", "toString"];
    const items = ids.map((id): Item => ({ id, status: "success" }));
    const task = told({ outputs, attributes: outputs, items }, { outputs: { x: 1 }, items });
    assert.deepEqual(Object.keys(task.outputs), ["__proto__", "constructor", "x"]);
    assert.equal(Object.getPrototypeOf(task.outputs), Object.prototype);
    assert.equal((task.outputs as { polluted?: boolean }).polluted, undefined);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    assert.deepEqual(
      task.items.map(({ id }) => id),
      ids,
    );
    const restored = JSON.parse(JSON.stringify(task)) as Task;
    assert.deepEqual(Object.keys(restored.outputs), ["__proto__", "constructor", "x"]);
  });
  test("folds the same before and after it was stored", () => {
    for (const progress of [Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, 1e300]) {
      const log = [...runningTask(), stepReported(1, "work", { progress })];
      assert.deepEqual(
        fold(JSON.parse(JSON.stringify(log))),
        JSON.parse(JSON.stringify(fold(log))),
        `progress ${progress}`,
      );
    }
  });
});

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

test("steps that a fork takes over have succeeded before it begins, and count as progress", () => {
  const taken = step("a", [], { takenOver: { outputs: { x: 1 } } });
  const task = fold([taskSubmitted(7, { steps: [taken, step("b", ["a"])] })]);
  assert.deepEqual(
    task.steps.map(({ state, attempt }) => [state, attempt]),
    [
      ["succeeded", 0],
      ["waiting", 0],
    ],
  );
  assert.deepEqual([task.outputs, task.progress], [{ x: 1 }, 5_000]);
  assert.equal(findStep(task, "a")?.endedAt, 7);
});

test("an answer during a pause does not bring a retry forward", () => {
  const task = fold([
    ...runningTask(),
    approvalAsked(1, "work"),
    stepFailed(2, errorOf("work"), 12),
    taskPaused(5),
    approvalDecided(90, "work", "approve"),
    taskResumed(100),
  ]);
  assert.equal(findStep(task, "work")?.retryAt, 12 + 95);
});
