import { describe, test } from "node:test";
import {
  approvalAsked,
  approvalDecided,
  cancelRequested,
  given,
  runningTask,
  signalTask,
} from "../../test/support/task-spec.ts";

/** Row 9 of the issue: an answer that is repeated, or comes late, must not answer the next question. */
describe("an answer names its question", () => {
  const staging = approvalAsked(1, "work", "delete staging?", 4);
  const production = approvalAsked(3, "work", "delete production?", 6);
  const asked = [...runningTask(), staging, approvalDecided(2, "work", "approve", 4), production];

  test("the answer to the first question is refused when it comes again, and shows the open one", () => {
    given(...asked)
      .when(signalTask(4, "work", "approve", 4))
      .thenRefused(
        "QuestionNotOpen",
        /question 4 of step "work" .* has its answer: approve, by ada\. Open is number 6: delete production\?/,
      );
    given(...asked)
      .when(signalTask(4, "work", "approve", 6))
      .then(approvalDecided(4, "work", "approve", 6));
  });

  test("an answer without a number is refused if the step can have asked another question", () => {
    given(...asked)
      .when(signalTask(4, "work", "approve"))
      .thenRefused("MissingParameter", /^number: .*Open is number 6: delete production\?/);
    given(...runningTask(), staging)
      .when(signalTask(4, "work", "approve"))
      .then(approvalDecided(4, "work", "approve", 4));
    given(...runningTask({ importedFrom: "t-elsewhere" }), staging)
      .when(signalTask(4, "work", "approve"))
      .thenRefused("MissingParameter");
  });

  test("any of the open questions can be answered, whichever was asked first", () => {
    given(...runningTask(), staging, approvalAsked(2, "work", "delete production?", 5))
      .when(signalTask(4, "work", "reject", 99))
      .thenRefused("QuestionNotOpen", /no open question 99\. Open is number 4: .*; number 5: /);
    given(...runningTask(), staging, approvalAsked(2, "work", "delete production?", 5))
      .when(signalTask(4, "work", "approve", 5))
      .then(approvalDecided(4, "work", "approve", 5));
  });

  test("nothing is open once the task is being canceled", () => {
    given(...runningTask(), staging, cancelRequested(2, 30))
      .when(signalTask(4, "work", "approve", 4))
      .thenRefused("QuestionNotOpen", /It has no open question/);
  });

  test("questions of earlier versions have the number of their place", () => {
    const old = [approvalAsked(1, "work", "one"), approvalDecided(2, "work", "approve")];
    given(...runningTask(), ...old, approvalAsked(3, "work", "two"))
      .when(signalTask(4, "work", "approve", 1))
      .thenRefused("QuestionNotOpen", /Open is number 2: two/);
    given(...runningTask(), ...old, approvalAsked(3, "work", "two"))
      .when(signalTask(4, "work", "approve", 2))
      .then(approvalDecided(4, "work", "approve", 2));
  });
});
