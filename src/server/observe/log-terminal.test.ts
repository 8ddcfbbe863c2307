import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { forTerminal } from "./log-terminal.ts";

const TIME = Date.parse("2026-01-02T03:04:05.678Z");

function line(facts: object): string {
  const always = { level: 30, time: TIME, service: "taskscribe", version: "0.1.0" };
  return JSON.stringify({ ...always, ...facts });
}

describe("a log line at a terminal", () => {
  it("tells the time of day, the level, the message and the facts", () => {
    const said = forTerminal(line({ signal: "SIGTERM", steps: 2, msg: "stopping" }), false);
    assert.equal(said, "03:04:05.678 info   stopping  signal=SIGTERM  steps=2\n");
  });

  it("tells of a request what was asked, of which task, and how it ended", () => {
    const request = { requestId: "R-1", account: "1", dialect: "ack", msg: "request", ms: 0.4 };
    const described = { ...request, action: "DescribeTaskInfo", taskId: "T-1", status: 200 };
    assert.equal(
      forTerminal(line(described), false),
      "03:04:05.678 info   200  ack DescribeTaskInfo  T-1  0.4 ms\n",
    );
    const refused = { ...request, action: "DescribeTaskInfo", status: 400, code: "TaskNotFound" };
    assert.equal(
      forTerminal(line(refused), false),
      "03:04:05.678 info   400  ack DescribeTaskInfo  0.4 ms  TaskNotFound  requestId=R-1\n",
    );
  });

  it("tells of a task that ended how, and which step is to blame", () => {
    const task = { product: "ack", type: "scale", taskId: "T-1", account: "1", msg: "task ended" };
    assert.equal(
      forTerminal(line({ ...task, state: "succeeded", ms: 5_123 }), false),
      "03:04:05.678 info   ack scale succeeded  T-1  5123 ms\n",
    );
    const failed = { ...task, level: 40, state: "failed", step: "create", code: "NoStock", ms: 9 };
    assert.equal(
      forTerminal(line(failed), false),
      "03:04:05.678 warn   ack scale failed  T-1  9 ms  NoStock  step=create\n",
    );
  });

  it("marks what went wrong, in words and in colour", () => {
    const said = forTerminal(line({ level: 50, error: { type: "E" }, msg: "lost" }), true);
    assert.equal(said, '\u001b[31m03:04:05.678 error  lost  error={"type":"E"}\u001b[39m\n');
    const slow = "03:04:05.678 warn   slow";
    assert.equal(
      forTerminal(line({ level: 40, msg: "slow" }), true),
      `\u001b[33m${slow}\u001b[39m\n`,
    );
    assert.equal(forTerminal(line({ level: 40, msg: "slow" }), false), `${slow}\n`);
  });

  it("cannot be made to move the cursor, ring or begin another line", () => {
    const action = 'A\u001b[2J\u0007\r\n\u009b31m\u202eX"';
    const said = forTerminal(line({ action, msg: "was slow" }), false);
    assert.doesNotMatch(said.slice(0, -1), /[\p{Cc}\u202e]/u);
    assert.ok(said.startsWith("03:04:05.678 info   was slow  action=A\\u001b[2J"), said);
  });
});
