import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  after,
  approvalAsked,
  approvalDecided,
  askApproval,
  cancelRequested,
  completeStep,
  DIAMOND,
  errorOf,
  failStep,
  given,
  interruptStep,
  recoverTask,
  reportStep,
  retryStep,
  runningTask,
  signalTask,
  startTask,
  step,
  stepCanceled,
  stepFailed,
  stepInterrupted,
  stepReported,
  stepStarted,
  stepSucceeded,
  submitTask,
  taskCanceled,
  taskFailed,
  taskPaused,
  taskResumed,
  taskSubmitted,
  taskSucceeded,
} from "../../test/support/task-spec.ts";
import { MAX_CRASHES } from "./task.ts";

const diamond = { steps: DIAMOND };

describe("the order of steps", () => {
  test("steps without predecessors begin together", () => {
    given(...runningTask(diamond).slice(0, 2))
      .when(recoverTask(1))
      .then(stepStarted(1, "a"), stepStarted(1, "b"));
  });
  test("a step begins as soon as all its predecessors have succeeded", () => {
    given(...runningTask(diamond))
      .when(completeStep(1, "a"))
      .then(stepSucceeded(1, "a"), stepStarted(1, "c"));
    given(...runningTask(diamond))
      .when(completeStep(1, "b"))
      .then(stepSucceeded(1, "b"));
  });
  test("branches meet again", () => {
    const log = [...runningTask(diamond), stepSucceeded(1, "a"), stepStarted(1, "c")];
    given(...log, stepSucceeded(2, "c"))
      .when(completeStep(3, "b"))
      .then(stepSucceeded(3, "b"), stepStarted(3, "d"));
    given(...log, stepSucceeded(2, "b"))
      .when(completeStep(3, "c"))
      .then(stepSucceeded(3, "c"), stepStarted(3, "d"));
  });
  test("a step that waits for its retry holds its successors back", () => {
    given(...runningTask(diamond), stepFailed(1, errorOf("a"), 20))
      .when(completeStep(2, "b"))
      .then(stepSucceeded(2, "b"));
  });
});

describe("a step that fails", () => {
  test("waits for its next attempt", () => {
    given(...runningTask())
      .when(failStep(5, "work", 1, { retryAt: 15 }))
      .then(stepFailed(5, errorOf("work"), 15));
  });
  test("is never tried again early", () => {
    given(...runningTask(), stepFailed(5, errorOf("work"), 15))
      .when(retryStep(14, "work"))
      .thenRefused("UnexpectedState", /waits until 15/);
  });
  test("is tried again when it is due", () => {
    given(...runningTask(), stepFailed(5, errorOf("work"), 15))
      .when(retryStep(15, "work"))
      .then(stepStarted(15, "work", 2));
  });
  test("has no next attempt in the past", () => {
    given(...runningTask())
      .when(failStep(5, "work", 1, { retryAt: 3 }))
      .then(stepFailed(5, errorOf("work"), 5));
    given(...runningTask())
      .when(failStep(5, "work", 1, { retryAt: Number.NaN }))
      .then(stepFailed(5, errorOf("work"), 5));
  });
  test("ends the task when its attempts are used up", () => {
    given(...runningTask(), stepFailed(5, errorOf("work"), 15), stepStarted(15, "work", 2))
      .when(failStep(16, "work", 2))
      .then(stepFailed(16, errorOf("work", 2)), taskFailed(16, errorOf("work", 2)));
  });
  test("with a single attempt ends the task at once", () => {
    given(...runningTask({ steps: [step("work", [], { maxAttempts: 1 })] }))
      .when(failStep(5, "work"))
      .then(stepFailed(5, errorOf("work")), taskFailed(5, errorOf("work")));
  });
  test("in a terminal way ends the task, whatever attempts are left", () => {
    const error = errorOf("work", 1, { retryable: false, cause: "ENOENT" });
    given(...runningTask())
      .when(failStep(5, "work", 1, { terminal: true, cause: "ENOENT" }))
      .then(stepFailed(5, error), taskFailed(5, error));
  });
  test("spends no attempt on what the process did to it", () => {
    const log = [
      ...runningTask(),
      stepInterrupted(1, "work", "shutdown"),
      stepStarted(2, "work", 2),
      stepInterrupted(3, "work", "crash"),
      stepStarted(4, "work", 3),
    ];
    given(...log)
      .when(failStep(5, "work", 3))
      .then(stepFailed(5, errorOf("work", 3), 15));
  });
  test("always says something", () => {
    const silent = errorOf("work", 1, {
      code: "StepFailed",
      message: 'step "work" failed and gave no reason',
    });
    for (const nothing of ["", "  \n"]) {
      given(...runningTask())
        .when(failStep(5, "work", 1, { code: nothing, message: nothing }))
        .then(stepFailed(5, silent, 15));
    }
  });
  test("may report with its failure", () => {
    given(...runningTask())
      .when(failStep(5, "work", 1, { report: { progress: 10 } }))
      .then(stepReported(5, "work", { progress: 10 }), stepFailed(5, errorOf("work"), 15));
  });
});

describe("a retry", () => {
  const retrying = [...runningTask(), stepFailed(5, errorOf("work"), 15)];
  test("does not happen during a pause", () => {
    given(...retrying, taskPaused(6))
      .when(retryStep(20, "work"))
      .thenRefused("UnexpectedState", /paused/);
  });
  test("happens after the pause", () => {
    given(...retrying, taskPaused(6), taskResumed(6))
      .when(retryStep(15, "work"))
      .then(stepStarted(15, "work", 2));
  });
  test("does not happen after a cancel", () => {
    const log = [...runningTask(diamond), stepFailed(5, errorOf("a"), 15), cancelRequested(6, 90)];
    given(...log)
      .when(retryStep(20, "a"))
      .thenRefused("UnexpectedState", /canceling/);
    given(...log, stepCanceled(7, "b"), stepCanceled(7, "a"), taskCanceled(7))
      .when(retryStep(20, "a"))
      .thenRefused("StepNotRunning", /canceled/);
  });
  test("is only for a step that waits for it", () => {
    given(...runningTask())
      .when(retryStep(5, "work"))
      .thenRefused("StepNotRunning", /running, attempt 1/);
    given(...retrying, stepStarted(15, "work", 2))
      .when(retryStep(20, "work"))
      .thenRefused("StepNotRunning");
    given(...runningTask())
      .when(retryStep(5, "nobody"))
      .thenRefused("StepNotRunning", /no step of it/);
  });
});

describe("fencing: only the attempt that runs speaks for its step", () => {
  const secondRuns = [
    ...runningTask(),
    stepFailed(1, errorOf("work"), 2),
    stepStarted(2, "work", 2),
  ];
  const speakers = [completeStep, failStep, interruptStep, reportOf] as const;
  const over = [...runningTask(diamond), stepSucceeded(1, "a"), stepStarted(1, "c")];
  for (const speak of speakers) {
    test(`${speak(0, "work").type} of another attempt is refused`, () => {
      given(...secondRuns)
        .when(speak(3, "work", 1))
        .thenRefused("StepNotRunning", /attempt 2, not running attempt 1/);
      given(...secondRuns)
        .when(speak(3, "work", 3))
        .thenRefused("StepNotRunning");
    });
    test(`${speak(0, "work").type} is refused when the step is over`, () => {
      given(...over)
        .when(speak(2, "a"))
        .thenRefused("StepNotRunning", /succeeded/);
    });
    test(`${speak(0, "work").type} is refused when the step has not begun`, () => {
      given(...over)
        .when(speak(2, "d", 0))
        .thenRefused("StepNotRunning", /waiting/);
    });
    test(`${speak(0, "work").type} is refused for an unknown step`, () => {
      given(...over)
        .when(speak(2, "nobody"))
        .thenRefused("StepNotRunning", /no step of it/);
    });
    test(`${speak(0, "work").type} is refused after the end`, () => {
      given(...runningTask(), stepSucceeded(1, "work"), taskSucceeded(1))
        .when(speak(2, "work"))
        .thenRefused("TaskEnded", /too late/);
    });
    test(`${speak(0, "work").type} is refused before the start`, () => {
      given(taskSubmitted(0))
        .when(speak(2, "work", 0))
        .thenRefused("StepNotRunning", /waiting/);
    });
  }

  function reportOf(at: number, name: string, attempt = 1) {
    return reportStep(at, name, { progress: 1 }, attempt);
  }
});

describe("a report", () => {
  test("is recorded while the step runs, also in a pause and after a cancel", () => {
    const report = { progress: 10, message: "on the way" };
    const now = stepReported(5, "work", report);
    given(...runningTask())
      .when(reportStep(5, "work", report))
      .then(now);
    given(...runningTask(), taskPaused(1))
      .when(reportStep(5, "work", report))
      .then(now);
    given(...runningTask(), cancelRequested(1, 9))
      .when(reportStep(5, "work", report))
      .then(now);
  });
  test("that says nothing changes nothing", () => {
    given(...runningTask())
      .when(reportStep(5, "work", {}))
      .thenNothing();
    const blank = { type: "ReportStep", at: 5, step: "work", attempt: 1, report: {} } as const;
    given(...runningTask())
      .when({ ...blank, report: { message: undefined } as object })
      .thenNothing();
  });
  test("comes before the success it is sent with", () => {
    given(...runningTask())
      .when(completeStep(5, "work", 1, { outputs: { ip: "10.0.0.1" } }))
      .then(
        stepReported(5, "work", { outputs: { ip: "10.0.0.1" } }),
        stepSucceeded(5, "work"),
        taskSucceeded(5),
      );
  });
});

describe("recovery after a crash", () => {
  test("begins lost attempts anew in one decision", () => {
    given(...runningTask(diamond))
      .when(recoverTask(9))
      .then(
        stepInterrupted(9, "a", "crash"),
        stepInterrupted(9, "b", "crash"),
        stepStarted(9, "a", 2),
        stepStarted(9, "b", 2),
      );
  });
  test("begins interrupted steps anew, at the moment of the recovery", () => {
    given(...runningTask(), stepInterrupted(5, "work", "shutdown"))
      .when(recoverTask(900))
      .then(stepStarted(900, "work", 2));
  });
  test("leaves retries to their timers, and what has not begun to its start", () => {
    given(...runningTask(), stepFailed(5, errorOf("work"), 15))
      .when(recoverTask(20))
      .thenNothing();
    given(taskSubmitted(0)).when(recoverTask(20)).thenNothing();
  });
  test("of a paused task waits for the resume", () => {
    given(...runningTask(), taskPaused(1))
      .when(recoverTask(9))
      .then(stepInterrupted(9, "work", "crash"));
  });
  test("of a canceled task ends it: nothing runs any more", () => {
    given(...runningTask(), cancelRequested(1, 90))
      .when(recoverTask(9))
      .then(stepInterrupted(9, "work", "crash"), stepCanceled(9, "work"), taskCanceled(9));
  });
  test("after the finish-by deadline runs nothing again", () => {
    const message = "the task had not ended by its finish-by deadline (20 ms since the epoch)";
    given(...runningTask({ finishBy: 20 }))
      .when(recoverTask(21))
      .then(stepInterrupted(21, "work", "crash"), stepCanceled(21, "work"), {
        type: "TaskExpired",
        at: 21,
        error: { code: "FinishDeadlineExceeded", message, retryable: true },
      });
  });
  test("of an ended task changes nothing", () => {
    given(...runningTask(), stepSucceeded(1, "work"), taskSucceeded(1))
      .when(recoverTask(9))
      .thenNothing();
  });
});

describe("a step under which the process dies again and again", () => {
  const crashes = Array.from({ length: MAX_CRASHES - 1 }, (_, i) => [
    stepInterrupted(1, "a", "crash"),
    stepStarted(1, "a", i + 2),
  ]).flat();
  const poison = {
    code: "StepCrashed",
    message: `step "a" was running ${MAX_CRASHES} times when the process died`,
    step: "a",
    attempt: MAX_CRASHES,
    retryable: false,
  };

  test("fails its task, and takes innocent steps with it", () => {
    const log = [...runningTask(diamond), ...crashes];
    given(...log)
      .when(recoverTask(9))
      .then(
        stepFailed(9, poison),
        stepInterrupted(9, "b", "crash"),
        stepCanceled(9, "b"),
        taskFailed(9, poison),
      );
  });
  test("is given one crash less than the limit", () => {
    given(...runningTask(), ...crashes.slice(0, -2).map(renamed))
      .when(recoverTask(9))
      .then(stepInterrupted(9, "work", "crash"), stepStarted(9, "work", MAX_CRASHES));
  });
  test("fails its task on resume if it was paused", () => {
    const log = [...runningTask({ steps: [step("a")] }), ...crashes, taskPaused(2)];
    given(...log)
      .when(recoverTask(9))
      .then(stepFailed(9, poison));
  });
  test("shutdowns do not count", () => {
    let task = after(undefined, submitTask(0), startTask(0));
    for (let attempt = 1; attempt <= MAX_CRASHES * 2; attempt++) {
      task = after(task, interruptStep(attempt, "work", attempt), recoverTask(attempt));
    }
    assert.equal(task.state, "running");
    assert.equal(task.steps[0]?.crashes, 0);
  });

  function renamed<T>(event: T): T {
    return { ...event, step: "work" };
  }
});

describe("an interruption by a shutdown", () => {
  test("begins nothing: the process is about to end", () => {
    given(...runningTask(diamond))
      .when(interruptStep(5, "a"))
      .then(stepInterrupted(5, "a", "shutdown"));
  });
  test("after a cancel ends the task, for nothing runs any more", () => {
    given(...runningTask(diamond), cancelRequested(1, 90))
      .when(interruptStep(5, "a"))
      .then(stepInterrupted(5, "a", "shutdown"));
    given(...runningTask(), cancelRequested(1, 90))
      .when(interruptStep(5, "work"))
      .then(stepInterrupted(5, "work", "shutdown"), stepCanceled(5, "work"), taskCanceled(5));
  });
});

describe("a clock that goes back", () => {
  test("does not take the task's times with it", () => {
    given(...runningTask(), stepReported(100, "work", { progress: 1 }))
      .when(completeStep(50, "work"))
      .then(stepSucceeded(100, "work"), taskSucceeded(100));
  });
  test("makes no retry late: it is due by the clock that goes now", () => {
    given(...runningTask(), stepReported(100, "work", { progress: 1 }))
      .when(failStep(50, "work", 1, { retryAt: 60 }))
      .then(stepFailed(100, errorOf("work"), 60));
    given(...runningTask(), stepReported(100, "work", { progress: 1 }))
      .when(failStep(50, "work", 1, { retryAt: 40 }))
      .then(stepFailed(100, errorOf("work"), 50));
    given(...runningTask(), stepFailed(100, errorOf("work"), 60))
      .when(retryStep(60, "work"))
      .then(stepStarted(100, "work", 2));
  });
  test("a broken clock counts as one that stands still", () => {
    given(...runningTask())
      .when(completeStep(Number.NaN, "work"))
      .then(stepSucceeded(0, "work"), taskSucceeded(0));
    given(...runningTask())
      .when(failStep(Number.NaN, "work"))
      .then(stepFailed(0, errorOf("work"), 0));
  });
});

describe("approval", () => {
  /** Asked as the fourth event, which numbers the question. */
  const asked = [...runningTask(), approvalAsked(1, "work", "go on?", 4)];
  test("a step asks once, whatever the attempt", () => {
    given(...runningTask())
      .when(askApproval(1, "work"))
      .then(approvalAsked(1, "work", "go on?", 4));
    given(...asked)
      .when(askApproval(2, "work"))
      .thenNothing();
    given(...asked, approvalDecided(2, "work", "approve"))
      .when(askApproval(3, "work"))
      .thenNothing();
    given(...asked)
      .when(askApproval(2, "work", 1, "and this?"))
      .then(approvalAsked(2, "work", "and this?", 5));
  });
  test("only the attempt that runs asks", () => {
    given(...runningTask())
      .when(askApproval(1, "work", 2))
      .thenRefused("StepNotRunning");
  });
  test("an approval is kept, and lets the step go on", () => {
    given(...asked)
      .when(signalTask(5, "work", "approve"))
      .then(approvalDecided(5, "work", "approve", 4));
  });
  test("a rejection fails the step and its task, whatever attempts are left", () => {
    const error = errorOf("work", 1, {
      code: "ApprovalRejected",
      message: "ada rejected: because",
      retryable: false,
    });
    given(...asked)
      .when(signalTask(5, "work", "reject"))
      .then(approvalDecided(5, "work", "reject", 4), stepFailed(5, error), taskFailed(5, error));
  });
  test("an answer is heard while the step waits for another attempt, or the task is paused", () => {
    given(...asked, stepFailed(2, errorOf("work"), 9))
      .when(signalTask(3, "work", "approve"))
      .then(approvalDecided(3, "work", "approve", 4));
    given(...asked, taskPaused(2))
      .when(signalTask(3, "work", "approve"))
      .then(approvalDecided(3, "work", "approve", 4));
  });
  test("an answer that nobody waits for is refused", () => {
    const answer = signalTask(9, "work", "approve");
    given(...runningTask())
      .when(answer)
      .thenRefused("StepNotRunning", /waiting for an approval/);
    given(...asked, approvalDecided(2, "work", "approve"))
      .when(answer)
      .thenRefused("StepNotRunning");
    given(...asked, cancelRequested(2, 30))
      .when(answer)
      .thenRefused("StepNotRunning");
    given(...asked, stepSucceeded(2, "work"), taskSucceeded(2))
      .when(answer)
      .thenRefused("TaskEnded");
  });
});

describe("what is over takes nothing more", () => {
  const asked = [...runningTask(diamond), approvalAsked(1, "a")];
  const left = errorOf("a", 1, { retryable: false });

  test("a question of a step that succeeded, failed or was canceled all the same is answered no more", () => {
    for (const end of [stepSucceeded(2, "a"), stepFailed(2, left), stepCanceled(2, "a")]) {
      given(...asked, end)
        .when(signalTask(3, "a", "approve"))
        .thenRefused("StepNotRunning", /waiting for an approval/);
    }
  });

  test("only a step that waits for its next attempt gets one from its timer", () => {
    given(...asked)
      .when(retryStep(9, "a"))
      .thenRefused("StepNotRunning", /retrying/);
    given(...asked, stepSucceeded(2, "a"))
      .when(retryStep(9, "a"))
      .thenRefused("StepNotRunning", /retrying/);
    given(...asked)
      .when(retryStep(9, "nobody"))
      .thenRefused("StepNotRunning", /retrying/);
  });

  test("a task that has not started, or has ended, has nothing to recover", () => {
    given(taskSubmitted(0, diamond)).when(recoverTask(1)).then();
    given(taskSubmitted(0, diamond), cancelRequested(1, 1), taskCanceled(1))
      .when(recoverTask(2))
      .then();
  });
});
