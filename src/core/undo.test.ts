import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  abandonStep,
  askApproval,
  cancelRequested,
  cancelTask,
  checkDeadlines,
  completeStep,
  errorOf,
  failStep,
  given,
  interruptStep,
  pauseTask,
  recoverTask,
  reportStep,
  retryStep,
  step,
  stepCanceled,
  stepFailed,
  stepInterrupted,
  stepReported,
  stepStarted,
  stepSucceeded,
  taskCanceled,
  taskEnding,
  taskExpired,
  taskFailed,
  taskStarted,
  taskSubmitted,
  taskSucceeded,
  undoFailed,
  undoInterrupted,
  undoStarted,
  undoSucceeded,
} from "../../test/support/task-spec.ts";
import type { TaskEvent } from "./events.ts";
import { fold } from "./evolve.ts";
import { MAX_CRASHES, type TaskDraft } from "./task.ts";
import { changeUndo } from "./undo.ts";

const CHAIN: Partial<TaskDraft> = {
  steps: [
    step("a", [], { undoable: true }),
    step("b", ["a"], { undoable: true }),
    step("c", ["b"]),
  ],
};
const error = errorOf("c", 1, { retryable: false });

/** a and b have succeeded, c runs. */
function atC(more: Partial<TaskDraft> = {}): TaskEvent[] {
  return [
    taskSubmitted(0, { ...CHAIN, ...more }),
    taskStarted(0),
    stepStarted(0, "a"),
    stepSucceeded(1, "a"),
    stepStarted(1, "b"),
    stepSucceeded(2, "b"),
    stepStarted(2, "c"),
  ];
}
const failing = [...atC(), stepFailed(5, error), taskEnding(5, "failed", error)];
const undoingB = [...failing, undoStarted(5, "b")];

describe("before a task ends unhappily, what succeeded is undone", () => {
  test("on failure, the latest success first", () => {
    given(...atC())
      .when(failStep(5, "c", 1, { terminal: true }))
      .then(stepFailed(5, error), taskEnding(5, "failed", error), undoStarted(5, "b"));
    given(...undoingB)
      .when(completeStep(6, "b", 2))
      .then(undoSucceeded(6, "b"), undoStarted(6, "a"));
    given(...undoingB, undoSucceeded(6, "b"), undoStarted(6, "a"))
      .when(completeStep(7, "a", 2))
      .then(undoSucceeded(7, "a"), taskFailed(7, error));
  });
  test("by the order of success, not of the plan", () => {
    const steps = [step("a", [], { undoable: true }), step("b", [], { undoable: true }), step("c")];
    given(
      taskSubmitted(0, { steps }),
      taskStarted(0),
      stepStarted(0, "a"),
      stepStarted(0, "b"),
      stepStarted(0, "c"),
      stepSucceeded(1, "b"),
      stepSucceeded(1, "a"),
    )
      .when(failStep(5, "c", 1, { terminal: true }))
      .then(stepFailed(5, error), taskEnding(5, "failed", error), undoStarted(5, "a"));
  });
  test("on cancel, when the steps that run have settled", () => {
    given(...atC())
      .when(cancelTask(5, 35))
      .then(cancelRequested(5, 35));
    given(...atC(), cancelRequested(5, 35))
      .when(abandonStep(6, "c"))
      .then(stepCanceled(6, "c"), taskEnding(6, "canceled"), undoStarted(6, "b"));
  });
  test("on cancel, when the cancel deadline has passed", () => {
    given(...atC(), cancelRequested(5, 35))
      .when(checkDeadlines(35))
      .then(stepCanceled(35, "c"), taskEnding(35, "canceled"), undoStarted(35, "b"));
    given(
      ...atC(),
      cancelRequested(5, 35),
      stepCanceled(6, "c"),
      taskEnding(6, "canceled"),
      undoStarted(6, "b"),
      undoSucceeded(7, "b"),
      undoStarted(7, "a"),
    )
      .when(completeStep(8, "a", 2))
      .then(undoSucceeded(8, "a"), taskCanceled(8));
  });
  test("on expiry, and no deadline counts after that", () => {
    const late = {
      code: "FinishDeadlineExceeded",
      message: "the task had not ended by its finish-by deadline (50 ms since the epoch)",
      retryable: true,
    };
    const log = atC({ finishBy: 50 });
    const ending = [stepCanceled(50, "c"), taskEnding(50, "expired", late), undoStarted(50, "b")];
    given(...log)
      .when(checkDeadlines(50))
      .then(...ending);
    given(...log, ...ending)
      .when(checkDeadlines(90))
      .thenNothing();
    given(...log, ...ending, undoSucceeded(51, "b"), undoStarted(51, "a"))
      .when(completeStep(99, "a", 2))
      .then(undoSucceeded(99, "a"), taskExpired(99, late));
  });
  test("not on success, nor what has no undo or did not succeed", () => {
    given(...atC())
      .when(completeStep(5, "c"))
      .then(stepSucceeded(5, "c"), taskSucceeded(5));
    given(taskSubmitted(0, CHAIN), taskStarted(0), stepStarted(0, "a"))
      .when(failStep(5, "a", 1, { terminal: true }))
      .then(stepFailed(5, { ...error, step: "a" }), taskFailed(5, { ...error, step: "a" }));
  });
});

describe("an undo", () => {
  test("is tried again by the policy of its step, also in a canceled task", () => {
    const broken = errorOf("b", 2);
    given(...undoingB)
      .when(failStep(6, "b", 2))
      .then(undoFailed(6, broken, 16));
    const canceled = [
      ...atC(),
      cancelRequested(3, 99),
      stepCanceled(4, "c"),
      taskEnding(4, "canceled"),
      undoStarted(4, "b"),
    ];
    given(...canceled)
      .when(failStep(6, "b", 2))
      .then(undoFailed(6, broken, 16));
    given(...canceled, undoFailed(6, broken, 16))
      .when(retryStep(16, "b"))
      .then(undoStarted(16, "b", 3));
    given(...canceled, undoFailed(6, broken, 16))
      .when(retryStep(15, "b"))
      .thenRefused("UnexpectedState", /waits until 16/);
  });
  test("that fails for good is recorded, the others go on, and the verdict stays", () => {
    const last = errorOf("b", 3);
    const log = [...undoingB, undoFailed(6, errorOf("b", 2), 16), undoStarted(16, "b", 3)];
    given(...log)
      .when(failStep(17, "b", 3))
      .then(undoFailed(17, last), undoStarted(17, "a"));
    const task = fold([
      ...log,
      undoFailed(17, last),
      undoStarted(17, "a"),
      undoSucceeded(18, "a"),
      taskFailed(18, error),
    ]);
    assert.deepEqual([task.state, task.error, task.ending], ["failed", error, undefined]);
    assert.deepEqual(
      task.steps.map(({ state, undo }) => [state, undo?.state]),
      [
        ["succeeded", "done"],
        ["succeeded", "failed"],
        ["failed", undefined],
      ],
    );
    assert.deepEqual(task.steps[1]?.undo?.error, last);
  });
  test("goes on after a crash under the next number, and after a shutdown", () => {
    given(...undoingB)
      .when(recoverTask(9))
      .then(undoInterrupted(9, "b", "crash"), undoStarted(9, "b", 3));
    given(...undoingB)
      .when(interruptStep(9, "b", 2))
      .then(undoInterrupted(9, "b", "shutdown"));
    given(...undoingB, undoInterrupted(9, "b", "shutdown"))
      .when(recoverTask(10))
      .then(undoStarted(10, "b", 3));
  });
  test("under which the process dies too often fails", () => {
    const deaths = Array.from({ length: MAX_CRASHES - 1 }, (_, i) => [
      undoInterrupted(9, "b", "crash"),
      undoStarted(9, "b", i + 3),
    ]).flat();
    const crashed = {
      code: "StepCrashed",
      message: `step "b" was running ${MAX_CRASHES} times when the process died`,
      step: "b",
      attempt: MAX_CRASHES + 1,
      retryable: false,
    };
    given(...undoingB, ...deaths)
      .when(recoverTask(9))
      .then(undoFailed(9, crashed), undoStarted(9, "a"));
  });
  test("reports under its own number; the step's attempt is not heard any more", () => {
    given(...undoingB)
      .when(reportStep(6, "b", { message: "half" }, 2))
      .then(stepReported(6, "b", { message: "half" }));
    for (const late of [completeStep(6, "b", 1), failStep(6, "b", 1), completeStep(6, "c", 1)]) {
      given(...undoingB)
        .when(late)
        .thenRefused("StepNotRunning");
    }
    given(...undoingB, undoSucceeded(6, "b"), undoStarted(6, "a"))
      .when(completeStep(7, "b", 2))
      .thenRefused("StepNotRunning");
  });
  test("asks nobody, and is not abandoned", () => {
    given(...undoingB)
      .when(askApproval(6, "b", 2))
      .thenRefused("UnexpectedState");
    given(...undoingB)
      .when(abandonStep(6, "b", 2))
      .thenRefused("UnexpectedState");
  });
});

describe("while steps are undone", () => {
  test("the task is neither paused nor canceled: its verdict is decided", () => {
    given(...undoingB)
      .when(pauseTask(6))
      .thenRefused("TaskNotPausable", /undone/);
    given(...undoingB)
      .when(cancelTask(6))
      .thenRefused("TaskNotCancelable", /it ends failed/);
  });
  test("a step that a shutdown had stopped is canceled and not begun again", () => {
    const steps = [step("a", [], { undoable: true }), step("b"), step("c")];
    given(
      taskSubmitted(0, { steps }),
      taskStarted(0),
      stepStarted(0, "a"),
      stepStarted(0, "b"),
      stepStarted(0, "c"),
      stepSucceeded(1, "a"),
      stepInterrupted(2, "b", "shutdown"),
    )
      .when(failStep(5, "c", 1, { terminal: true }))
      .then(
        stepFailed(5, error),
        stepCanceled(5, "b"),
        taskEnding(5, "failed", error),
        undoStarted(5, "a"),
      );
  });
});

test("a log that undoes what can not be undone, or in ways nobody knows, is refused", () => {
  assert.throws(() => fold([...atC(), undoStarted(3, "c")]), /step "c" has nothing to undo/);
  const [a] = fold(undoingB).steps;
  const unknown = { type: "UndoForgotten", at: 9, step: "a" };
  assert.ok(a);
  assert.throws(() => changeUndo(a, unknown as never), /unexpected value.*UndoForgotten/);
});

test("an undo counts its failures, and the deaths of the process but not its stops", () => {
  const undoOf = (...events: TaskEvent[]) => {
    const { failures, crashes } = fold([...undoingB, ...events]).steps[1]?.undo ?? {};
    return [failures, crashes];
  };
  const [failures = Number.NaN, crashes = Number.NaN] = undoOf();
  assert.deepEqual(undoOf(undoInterrupted(9, "b", "shutdown")), [failures, crashes]);
  assert.deepEqual(undoOf(undoInterrupted(9, "b", "crash")), [failures, crashes + 1]);
  const error = { code: "E", message: "no", step: "b", attempt: 2, retryable: true };
  assert.deepEqual(undoOf(undoFailed(9, error, 20)), [failures + 1, crashes]);
});

describe("the state of what is undone", () => {
  test("begins with no failures and no crashes, and its attempts go on from the step's", () => {
    const { steps } = fold(atC());
    const fresh = { state: "ready", attempt: 1, failures: 0, crashes: 0 };
    for (const { undo } of steps.slice(0, 2)) {
      const { order: _, ...rest } = undo ?? {};
      assert.deepEqual(rest, fresh);
    }
    const [a, b] = steps.map(({ undo }) => undo?.order ?? 0);
    assert.ok((a ?? 0) < (b ?? 0), "what succeeded later is undone first");
  });

  test("leaves nothing of the way to its end in a task that has ended", () => {
    const undone = [
      undoStarted(4, "b"),
      undoSucceeded(5, "b"),
      undoStarted(5, "a"),
      undoSucceeded(6, "a"),
    ];
    for (const [as, end] of [
      ["canceled", taskCanceled(6)],
      ["failed", taskFailed(6, error)],
      ["expired", taskExpired(6, error)],
    ] as const) {
      const ending = taskEnding(4, as, as === "canceled" ? undefined : error);
      const log = [...atC(), stepFailed(4, error), ending, ...undone, end];
      const task = fold(log);
      assert.equal(task.state, as);
      assert.equal("ending" in task, false);
    }
  });

  test("a step that fails for good while it waits for its next attempt waits no more", () => {
    const again = errorOf("c", 1);
    const [, , c] = fold([...atC(), stepFailed(3, again, 10), stepFailed(4, error)]).steps;
    assert.equal(c?.state, "failed");
    assert.equal(c !== undefined && "retryAt" in c, false);
  });
});
