import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cancelTask, failStep, pauseTask } from "../../test/support/task-spec.ts";
import { movedTo } from "./commands.ts";

describe("a command that is given at another moment", () => {
  it("is the same command at the same moment", () => {
    const command = cancelTask(5, 35);
    assert.equal(movedTo(command, 5), command);
  });

  it("takes the moments along that it names, and changes nothing else", () => {
    assert.deepEqual(movedTo(cancelTask(5, 35), 12), cancelTask(12, 42));
    assert.deepEqual(movedTo(pauseTask(5), 12), pauseTask(12));
    const failing = { ...failStep(5, "work"), type: "FailStep", retryAt: 25 } as const;
    const command = {
      ...failing,
      step: "work",
      attempt: 1,
      failure: { code: "C", message: "m", terminal: false },
    };
    assert.deepEqual(movedTo(command, 3), { ...command, at: 3, retryAt: 23 });
  });
});
