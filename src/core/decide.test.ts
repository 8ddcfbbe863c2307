import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  abandonStep,
  cancelRequested,
  cancelTask,
  checkDeadlines,
  completeStep,
  DIAMOND,
  errorOf,
  failStep,
  given,
  pauseTask,
  reportStep,
  resumeTask,
  retryStep,
  runningTask,
  startTask,
  step,
  stepCanceled,
  stepFailed,
  stepInterrupted,
  stepStarted,
  stepSucceeded,
  submitTask,
  taskCanceled,
  taskExpired,
  taskFailed,
  taskPaused,
  taskResumed,
  taskStarted,
  taskSubmitted,
  taskSucceeded,
} from "../../test/support/task-spec.ts";
import type { TaskCommand } from "./commands.ts";
import type { TaskError } from "./task.ts";

const SIDE_BY_SIDE = { steps: [step("a"), step("b")] };
const IN_A_ROW = { steps: [step("a"), step("b", ["a"])] };

const startMissed = (startBy: number): TaskError => ({
  code: "StartDeadlineExceeded",
  message: `the task had not started by its start-by deadline (${startBy} ms since the epoch)`,
  retryable: true,
});
const finishMissed = (finishBy: number): TaskError => ({
  code: "FinishDeadlineExceeded",
  message: `the task had not ended by its finish-by deadline (${finishBy} ms since the epoch)`,
  retryable: true,
});

describe("submit", () => {
  test("is the first fact of a task", () => {
    given().when(submitTask(7)).then(taskSubmitted(7));
  });
  test("is refused for an id that is in use", () => {
    given(taskSubmitted(0))
      .when(submitTask(1))
      .thenRefused("UnexpectedState", /t-1.*before/);
  });
  test("comes before every other command", () => {
    given()
      .when(startTask(1))
      .thenRefused("TaskNotFound", /submit it first/);
  });
});

test("a command that no type describes is refused in words", () => {
  const surprise = { type: "ShredTask", at: 1 } as unknown as TaskCommand;
  assert.throws(() => given(taskSubmitted(0)).when(surprise), /unexpected value.*ShredTask/);
});

describe("start", () => {
  test("begins the first steps", () => {
    given(taskSubmitted(0)).when(startTask(1)).then(taskStarted(1), stepStarted(1, "work"));
  });
  test("happens once", () => {
    given(...runningTask())
      .when(startTask(1))
      .thenRefused("UnexpectedState", /running/);
  });
  test("a task without steps is done when it starts", () => {
    given(taskSubmitted(0, { steps: [] }))
      .when(startTask(1))
      .then(taskStarted(1), taskSucceeded(1));
  });
  test("waits for its not-before moment", () => {
    given(taskSubmitted(0, { notBefore: 10 }))
      .when(startTask(9))
      .thenRefused("UnexpectedState", /before 10/);
  });
  test("may happen at its not-before moment", () => {
    given(taskSubmitted(0, { notBefore: 10 }))
      .when(startTask(10))
      .then(taskStarted(10), stepStarted(10, "work"));
  });
  test("after the start-by deadline ends the task instead", () => {
    given(taskSubmitted(0, { startBy: 10 }))
      .when(startTask(10))
      .then(taskExpired(10, startMissed(10)));
  });
  test("after the finish-by deadline ends the task instead", () => {
    given(taskSubmitted(0, { finishBy: 10 }))
      .when(startTask(11))
      .then(taskExpired(11, finishMissed(10)));
  });
});

describe("pause and resume", () => {
  test("a pause records who and why", () => {
    given(...runningTask())
      .when(pauseTask(1))
      .then(taskPaused(1));
  });
  test("pausing twice changes nothing", () => {
    given(...runningTask(), taskPaused(1))
      .when(pauseTask(2))
      .thenNothing();
  });
  test("resuming what runs changes nothing", () => {
    given(...runningTask())
      .when(resumeTask(1))
      .thenNothing();
  });
  test("no new step starts during a pause", () => {
    given(...runningTask(IN_A_ROW), taskPaused(1))
      .when(completeStep(2, "a"))
      .then(stepSucceeded(2, "a"));
  });
  test("the next steps start on resume", () => {
    given(...runningTask(IN_A_ROW), taskPaused(1), stepSucceeded(2, "a"))
      .when(resumeTask(5))
      .then(taskResumed(5), stepStarted(5, "b"));
  });
  test("a task whose last step ends during a pause ends on resume", () => {
    given(...runningTask(), taskPaused(1), stepSucceeded(2, "work"))
      .when(resumeTask(5))
      .then(taskResumed(5), taskSucceeded(5));
  });
  test("a step that fails for good during a pause ends the task on resume", () => {
    given(...runningTask(), taskPaused(1))
      .when(failStep(2, "work", 1, { terminal: true }))
      .then(stepFailed(2, errorOf("work", 1, { retryable: false })));
    given(...runningTask(), taskPaused(1), stepFailed(2, errorOf("work")))
      .when(resumeTask(5))
      .then(taskResumed(5), taskFailed(5, errorOf("work")));
  });
  test("only what runs can be paused, only what is paused can go on", () => {
    given(taskSubmitted(0))
      .when(pauseTask(1))
      .thenRefused("TaskNotPausable", /pending/);
    given(taskSubmitted(0))
      .when(resumeTask(1))
      .thenRefused("TaskNotResumable", /pending/);
    given(...runningTask(), cancelRequested(1, 9))
      .when(pauseTask(2))
      .thenRefused("TaskNotPausable", /canceling/);
    given(...runningTask(), cancelRequested(1, 9))
      .when(resumeTask(2))
      .thenRefused("TaskNotResumable", /canceling/);
  });
});

describe("a pause freezes timers", () => {
  const retrying = [...runningTask({ finishBy: 100 }), stepFailed(10, errorOf("work"), 20)];
  const pausedFrom12To50 = [...retrying, taskPaused(12), taskResumed(50)];

  test("a retry is due later by exactly the time stood still", () => {
    given(...pausedFrom12To50)
      .when(retryStep(57, "work"))
      .thenRefused("UnexpectedState", /until 58/);
    given(...pausedFrom12To50)
      .when(retryStep(58, "work"))
      .then(stepStarted(58, "work", 2));
  });
  test("the finish-by deadline is later by exactly the time stood still", () => {
    given(...pausedFrom12To50)
      .when(checkDeadlines(137))
      .thenNothing();
    given(...pausedFrom12To50)
      .when(checkDeadlines(138))
      .then(stepCanceled(138, "work"), taskExpired(138, finishMissed(138)));
  });
  test("a step that fails during the pause waits from then on", () => {
    const failedInPause = [
      ...runningTask(),
      taskPaused(12),
      stepFailed(30, errorOf("work"), 40),
      taskResumed(50),
    ];
    given(...failedInPause)
      .when(retryStep(59, "work"))
      .thenRefused("UnexpectedState", /until 60/);
    given(...failedInPause)
      .when(retryStep(60, "work"))
      .then(stepStarted(60, "work", 2));
  });
  test("several pauses add up", () => {
    given(...pausedFrom12To50, taskPaused(51), taskResumed(61))
      .when(retryStep(67, "work"))
      .thenRefused("UnexpectedState", /until 68/);
  });
  test("no deadline passes during a pause", () => {
    given(...runningTask({ finishBy: 100 }), taskPaused(12))
      .when(checkDeadlines(1_000))
      .thenNothing();
  });
  test("a deadline that had passed before the pause ends the task on resume", () => {
    given(...runningTask({ finishBy: 100 }), taskPaused(150))
      .when(resumeTask(160))
      .then(taskResumed(160), stepCanceled(160, "work"), taskExpired(160, finishMissed(110)));
  });
});

describe("cancel", () => {
  test("of a task that never ran ends it at once", () => {
    given(taskSubmitted(0)).when(cancelTask(1, 9)).then(cancelRequested(1, 9), taskCanceled(1));
  });
  test("waits for the steps that run", () => {
    given(...runningTask(SIDE_BY_SIDE))
      .when(cancelTask(1, 9))
      .then(cancelRequested(1, 9));
    given(...runningTask(SIDE_BY_SIDE), cancelRequested(1, 9))
      .when(abandonStep(2, "a"))
      .then(stepCanceled(2, "a"));
    given(...runningTask(SIDE_BY_SIDE), cancelRequested(1, 9), stepCanceled(2, "a"))
      .when(abandonStep(3, "b"))
      .then(stepCanceled(3, "b"), taskCanceled(3));
  });
  test("during a pause with nothing running ends the task at once", () => {
    given(...runningTask(IN_A_ROW), taskPaused(1), stepSucceeded(2, "a"))
      .when(cancelTask(3, 9))
      .then(cancelRequested(3, 9), taskCanceled(3));
  });
  test("during a pause waits for the steps that run", () => {
    given(...runningTask(), taskPaused(1))
      .when(cancelTask(3, 9))
      .then(cancelRequested(3, 9));
  });
  test("a step that waits for its next attempt never gets it", () => {
    given(...runningTask(), stepFailed(1, errorOf("work"), 20))
      .when(cancelTask(2, 9))
      .then(cancelRequested(2, 9), stepCanceled(2, "work"), taskCanceled(2));
  });
  test("repeating it changes nothing, also after the end", () => {
    given(...runningTask(), cancelRequested(1, 9))
      .when(cancelTask(2, 5))
      .thenNothing();
    given(taskSubmitted(0), cancelRequested(1, 9), taskCanceled(1))
      .when(cancelTask(2))
      .thenNothing();
  });
  test("comes too late for what ended otherwise", () => {
    given(...runningTask(), stepSucceeded(1, "work"), taskSucceeded(1))
      .when(cancelTask(2))
      .thenRefused("TaskEnded", /succeeded/);
  });
  test("a step that succeeds all the same is recorded, and no step follows it", () => {
    given(...runningTask(IN_A_ROW), cancelRequested(1, 9))
      .when(completeStep(2, "a"))
      .then(stepSucceeded(2, "a"), taskCanceled(2));
  });
  test("a step that fails all the same gets no other attempt", () => {
    given(...runningTask(), cancelRequested(1, 9))
      .when(failStep(2, "work"))
      .then(stepFailed(2, errorOf("work")), taskCanceled(2));
  });
  test("a step can only be abandoned after a cancel", () => {
    given(...runningTask())
      .when(abandonStep(1, "work"))
      .thenRefused("UnexpectedState", /nobody canceled/);
  });
  test("gives up at its deadline, not before", () => {
    const ignored = [...runningTask(SIDE_BY_SIDE), cancelRequested(1, 9), stepSucceeded(2, "a")];
    given(...ignored)
      .when(checkDeadlines(8))
      .thenNothing();
    given(...ignored)
      .when(checkDeadlines(9))
      .then(stepCanceled(9, "b"), taskCanceled(9));
  });
  test("a result that comes after the cancel deadline is refused", () => {
    const givenUp = [
      ...runningTask(),
      cancelRequested(1, 9),
      stepCanceled(9, "work"),
      taskCanceled(9),
    ];
    given(...givenUp)
      .when(completeStep(10, "work"))
      .thenRefused("TaskEnded", /too late/);
    given(...givenUp)
      .when(reportStep(10, "work", { progress: 1 }))
      .thenRefused("TaskEnded");
  });
  test("the finish-by deadline no longer counts", () => {
    given(...runningTask({ finishBy: 5 }), cancelRequested(1, 9))
      .when(checkDeadlines(8))
      .thenNothing();
  });
});

describe("deadlines", () => {
  test("nothing passes before its time", () => {
    given(taskSubmitted(0, { startBy: 10, finishBy: 20 }))
      .when(checkDeadlines(9))
      .thenNothing();
    given(...runningTask({ finishBy: 20 }))
      .when(checkDeadlines(19))
      .thenNothing();
    given(...runningTask())
      .when(checkDeadlines(19))
      .thenNothing();
  });
  test("start-by counts until the start, finish-by until the end", () => {
    given(taskSubmitted(0, { startBy: 10, finishBy: 20 }))
      .when(checkDeadlines(10))
      .then(taskExpired(10, startMissed(10)));
    given(taskSubmitted(0, { finishBy: 20 }))
      .when(checkDeadlines(20))
      .then(taskExpired(20, finishMissed(20)));
    given(...runningTask({ startBy: 10, finishBy: 20 }))
      .when(checkDeadlines(19))
      .thenNothing();
    given(...runningTask({ startBy: 10, finishBy: 20 }))
      .when(checkDeadlines(20))
      .then(stepCanceled(20, "work"), taskExpired(20, finishMissed(20)));
  });
  test("after the finish-by deadline no other step begins", () => {
    given(...runningTask({ ...IN_A_ROW, finishBy: 20 }))
      .when(completeStep(20, "a"))
      .then(stepSucceeded(20, "a"), taskExpired(20, finishMissed(20)));
  });
  test("after the finish-by deadline no other attempt begins", () => {
    given(...runningTask({ finishBy: 20 }), stepFailed(5, errorOf("work"), 15))
      .when(retryStep(20, "work"))
      .then(stepCanceled(20, "work"), taskExpired(20, finishMissed(20)));
  });
  test("work that is done before its timer fires counts as done", () => {
    given(...runningTask({ finishBy: 20 }))
      .when(completeStep(21, "work"))
      .then(stepSucceeded(21, "work"), taskSucceeded(21));
  });
  test("an ended task has none", () => {
    given(...runningTask({ finishBy: 20 }), stepSucceeded(1, "work"), taskSucceeded(1))
      .when(checkDeadlines(30))
      .thenNothing();
  });
});

describe("the end", () => {
  test("comes with the last step", () => {
    given(...runningTask(SIDE_BY_SIDE))
      .when(completeStep(1, "b"))
      .then(stepSucceeded(1, "b"));
    given(...runningTask(SIDE_BY_SIDE), stepSucceeded(1, "b"))
      .when(completeStep(2, "a"))
      .then(stepSucceeded(2, "a"), taskSucceeded(2));
  });
  test("a failure cancels what runs or waits beside it, and leaves what is over", () => {
    const log = [
      ...runningTask({ steps: [...DIAMOND, step("e")] }),
      stepSucceeded(1, "a"),
      stepStarted(1, "c"),
      stepFailed(2, errorOf("b"), 20),
    ];
    given(...log)
      .when(failStep(3, "c", 1, { terminal: true }))
      .then(
        stepFailed(3, errorOf("c", 1, { retryable: false })),
        stepCanceled(3, "b"),
        stepCanceled(3, "e"),
        taskFailed(3, errorOf("c", 1, { retryable: false })),
      );
  });
  test("no step of an ended task is left half done", () => {
    const interrupted = [...runningTask(SIDE_BY_SIDE), stepInterrupted(1, "a", "shutdown")];
    given(...interrupted)
      .when(failStep(2, "b", 1, { terminal: true }))
      .then(
        stepFailed(2, errorOf("b", 1, { retryable: false })),
        stepCanceled(2, "a"),
        taskFailed(2, errorOf("b", 1, { retryable: false })),
      );
    given(...interrupted, cancelRequested(2, 9))
      .when(abandonStep(3, "b"))
      .then(stepCanceled(3, "b"), stepCanceled(3, "a"), taskCanceled(3));
  });
});

test("a fork begins with the steps that were not taken over", () => {
  const taken = step("a", [], { takenOver: { outputs: {} } });
  given(taskSubmitted(0, { steps: [taken, step("b", ["a"])] }))
    .when(startTask(1))
    .then(taskStarted(1), stepStarted(1, "b"));
});
