import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, startEngine } from "../../../test/support/engine-bench.ts";
import { settle } from "../../../test/support/fake-clock.ts";
import type { TaskCommand } from "../../core/commands.ts";
import { decide } from "../../core/decide.ts";
import { defineTask } from "../../core/define-task.ts";
import type { TaskEvent } from "../../core/events.ts";
import { fold } from "../../core/evolve.ts";
import type { StepContext } from "../../core/step-context.ts";
import type { Task } from "../../core/task.ts";
import { FIELD_LIMITS } from "../../core/values/field-limits.ts";
import { boundedByLog } from "./log-bounds.ts";

type Work = (context: StepContext) => unknown;

/** A task with one step that does this, as it ends. */
async function run(work: Work, maxAttempts = 1): Promise<Task> {
  const only = {
    run: async (_: unknown, context: StepContext) => void (await work(context)),
    retry: { maxAttempts, firstDelayMs: 1 },
  };
  const { engine, clock } = await startEngine([defineTask({ type: "much", steps: { only } })]);
  const { id } = await engine.submit({ type: "much", input: {} }, caller);
  for (let turn = 0; turn < 20; turn++) {
    await clock.advance(60_000);
    await settle();
  }
  return engine.get(caller.account, id);
}

async function failed(code: string, told: RegExp, work: Work): Promise<Task> {
  const task = await run(work, 3);
  assert.equal(task.state, "failed");
  assert.deepEqual(
    [task.error?.code, task.error?.attempt, task.error?.retryable],
    [code, 1, false],
  );
  assert.match(task.error?.message ?? "", told);
  return task;
}

const many = (count: number) => Array.from({ length: count }, (_, index) => index);

describe("a step that reports too much (row 19)", () => {
  it("fails for attributes, with their number and the limit", async () => {
    const task = await failed(
      "StepReportTooLarge",
      /^attributes: the task would have 257 of them; at most 256 are kept\. Store/,
      async ({ attribute, sleep }) => {
        for (const index of many(200)) attribute(`a${index}`, index);
        await sleep(1);
        for (const index of many(57)) attribute(`b${index}`, index);
        await sleep(1);
      },
    );
    assert.equal(Object.keys(task.attributes).length, 200);
  });

  it("fails for attributes, with their bytes", async () => {
    await failed(
      "StepReportTooLarge",
      /^attributes: those of the task would take 65543 bytes as JSON; at most 65536 are kept/,
      ({ attribute }) => attribute("a", "x".repeat(65_535)),
    );
  });

  it("fails for items, with their number or their bytes; the same item again is no other", async () => {
    const { items: most } = FIELD_LIMITS;
    const fine = await run(async ({ item, sleep }) => {
      for (const index of many(most)) item(`i-${index}`, "initial");
      await sleep(1);
      for (const index of many(most)) item(`i-${index}`, "success");
    });
    assert.deepEqual([fine.state, fine.items.length], ["succeeded", most]);
    await failed("StepReportTooLarge", /^items: the task would have 10001 of them/, ({ item }) => {
      for (const index of many(most + 1)) item(`i-${index}`, "initial");
    });
    const told = /^items: those of the task would take \d{7} bytes as JSON; at most 1048576/;
    await failed("StepReportTooLarge", told, ({ item }) => {
      for (const index of many(1_000)) item(`i-${index}`, "failed", "\u0001".repeat(1_000));
    });
  });

  it("fails for outputs, and keeps its own error as the cause", async () => {
    const task = await failed("StepOutputsTooLarge", /^outputs: .* 3\d{5} bytes/, ({ output }) => {
      output("o", "x".repeat(300_000));
      throw new Error("the disk is full");
    });
    assert.equal(task.error?.cause, "Error: the disk is full");
    assert.deepEqual(task.outputs, {});
  });

  it("fails for outputs of many steps that replace each other's", async () => {
    const step = async () => ({ same: "x".repeat(240_000) });
    const steps = Object.fromEntries(many(6).map((index) => [`s${index}`, step]));
    const { engine, clock } = await startEngine([defineTask({ type: "much", steps })]);
    const { id } = await engine.submit({ type: "much", input: {} }, caller);
    await clock.advance(60_000);
    const { error } = await engine.get(caller.account, id);
    assert.deepEqual([error?.code, error?.step], ["StepOutputsTooLarge", "s4"]);
    assert.match(error?.message ?? "", /^outputs: those of all steps of the task together/);
  });

  it("fails for notices of one report; more of them are kept in the log, not in the task", async () => {
    const told = /^notices: one report would have 10001 of them; at most 10000/;
    await failed("StepReportTooLarge", told, ({ notice }) => {
      for (const _ of many(10_001)) notice({ action: "a", reason: "r", message: "m" });
    });
  });

  it("is refused a subtask, before there is one too many", async () => {
    const reasons: string[] = [];
    await run(async ({ subtask }) => {
      const asked = many(FIELD_LIMITS.subtasks + 1).map((index) =>
        subtask({ key: `${index}`, type: "none", input: {} }),
      );
      for (const one of await Promise.allSettled(asked)) {
        if (one.status === "rejected") reasons.push(one.reason.message);
      }
    });
    assert.match(reasons.at(-2) ?? "", /no task type "none"/);
    assert.match(reasons.at(-1) ?? "", /^subtasks of a task are 10001; give at most 10000/);
  });

  it("fails for a question that is too long, or one too many", async () => {
    const long = /^question: it is 4097 bytes long; ask in at most 4096 bytes/;
    await failed("StepReportTooLarge", long, ({ approval }) =>
      approval({ question: `${"é".repeat(2_048)}?` }),
    );
    await failed("StepReportTooLarge", /^question: the task has asked 100 of them/, (context) =>
      Promise.all(many(101).map((index) => context.approval({ question: `q${index}` }))),
    );
  });
});

describe("texts of a task (row 19)", () => {
  it("are cut when the notices together are too long, the newest ones", async () => {
    for (const message of ["x".repeat(60_000), "\u0001".repeat(60_000)]) {
      const { notices, state } = await run(async ({ notice, sleep }) => {
        for (const index of many(400)) {
          notice({ action: `a${index}`.repeat(900), reason: message, message, source: message });
          if (index % 7 === 0) await sleep(1);
        }
      });
      assert.deepEqual([state, notices.length], ["succeeded", FIELD_LIMITS.notices]);
      assert.ok(JSON.stringify(notices).length <= FIELD_LIMITS.noticesBytes);
      assert.match(notices.at(-1)?.message ?? "", /… \(cut\)$/);
      assert.match(notices.at(-1)?.action ?? "", /^a399/);
    }
  });

  it("are cut when many steps say much, each to its share", async () => {
    const step = {
      run: async (_: unknown, { message, sleep }: StepContext) => {
        message("m".repeat(64_000));
        await sleep(1);
        throw new Error("e".repeat(64_000), { cause: "c".repeat(64_000) });
      },
      after: [],
      retry: { maxAttempts: 1 },
    };
    const steps = Object.fromEntries(many(100).map((index) => [`s${index}`, step]));
    const { engine, clock } = await startEngine([defineTask({ type: "much", steps })]);
    const { id } = await engine.submit({ type: "much", input: {} }, caller);
    await clock.advance(60_000);
    await settle();
    const task = await engine.get(caller.account, id);
    assert.equal(task.state, "failed");
    assert.ok(JSON.stringify(task.steps).length <= FIELD_LIMITS.stepTextsBytes);
    for (const { message = "" } of task.steps) assert.ok(message.length > 500);
  });

  it("of items have an end", async () => {
    const { items } = await run(({ item }) => item("i", "failed", "x".repeat(100_000)));
    assert.ok((items[0]?.message?.length ?? 0) <= 64 * 1_024);
  });
});

describe("the log of a task (row 19)", () => {
  const { events, eventsInFull } = FIELD_LIMITS;

  /** A task that runs, with a log of this length. */
  function longTask(version: number): Task {
    const only = { name: "only", after: [], weight: 1, maxAttempts: 9 };
    const task = { id: "T-1", account: "a", product: "native", type: "much", input: {} };
    const draft = { ...task, target: { type: "t", id: "1" }, attributes: {}, steps: [only] };
    const log: TaskEvent[] = [
      { type: "TaskSubmitted", at: 0, task: { ...draft, priority: 5 } },
      { type: "TaskStarted", at: 0 },
      { type: "StepStarted", at: 0, step: "only", attempt: 1 },
    ];
    return { ...fold(log), version };
  }

  function decided(version: number, command: TaskCommand): readonly TaskEvent[] | Error {
    const task = longTask(version);
    return decide(task, boundedByLog(task, command));
  }

  const about = { at: 59_999, step: "only", attempt: 1 } as const;
  const report = { progress: 100, message: "going on" };

  it("takes progress once a minute when it is long", () => {
    const early: TaskCommand = { type: "ReportStep", ...about, report };
    assert.equal(typesOf(decided(eventsInFull - 1, early)), "StepReported");
    assert.equal(typesOf(decided(eventsInFull, early)), "");
    const later: TaskCommand = { ...early, at: 60_000 };
    assert.equal(typesOf(decided(eventsInFull, later)), "StepReported");
    const more: TaskCommand = { ...early, report: { ...report, outputs: { a: 1 } } };
    assert.equal(typesOf(decided(eventsInFull, more)), "StepReported");
  });

  it("ends with a step that goes on reporting, asking or failing, and takes no pause", () => {
    const more = { type: "ReportStep", ...about, at: 60_000, report } as const;
    const [failed] = decided(events, more) as readonly TaskEvent[];
    assert.ok(failed?.type === "StepFailed" && failed.error.code === "TaskLogTooLong");
    assert.match(failed.error.message, /^the log of the task has 90000 events; at most 90000/);
    const asked = decided(events, { type: "AskApproval", ...about, question: "q" });
    assert.equal(typesOf(asked), "StepFailed TaskFailed");
    const failure = { code: "Odd", message: "again", terminal: false };
    const again = { type: "FailStep", ...about, failure, retryAt: 70_000 } as const;
    assert.equal(typesOf(decided(events - 1, again)), "StepFailed");
    assert.equal(typesOf(decided(events, again)), "StepFailed TaskFailed");
    const pause = { type: "PauseTask", at: 1, by: "me", reason: "r" } as const;
    assert.throws(() => decided(events, pause), { code: "TaskNotPausable", message: /90000 ev/ });
  });

  it("takes everything that leads to its end", () => {
    const done = { type: "CompleteStep", ...about, report } as const;
    const cancel = { type: "CancelTask", at: 1, by: "me", reason: "r", deadline: 2 } as const;
    assert.equal(typesOf(decided(events, done)), "StepReported StepSucceeded TaskSucceeded");
    assert.equal(typesOf(decided(events, cancel)), "CancelRequested");
  });
});

describe("the data of answers (row 19)", () => {
  it("is refused when it is too large, alone and in all, with field, found and limit", async () => {
    const only = async (_: unknown, { approval }: StepContext) => {
      for (const index of many(30)) await approval({ question: `q${index}` });
    };
    const { engine, clock } = await startEngine([
      defineTask({ type: "asks", steps: { only: { run: only } } }),
    ]);
    const { id } = await engine.submit({ type: "asks", input: {} }, caller);
    const answer = async (bytes: number) => {
      await clock.advance(1);
      await settle();
      const data = { a: "x".repeat(bytes - 8) };
      const { steps } = await engine.get(caller.account, id);
      return engine.signal(caller.account, id, {
        step: "only",
        number: steps[0]?.approvals?.at(-1)?.number ?? 0,
        decision: "approve",
        by: "me",
        reason: "r",
        data,
      });
    };
    await clock.advance(1);
    await assert.rejects(answer(61_441), {
      code: "InvalidParameter",
      message: "data is 61441 bytes long; give at most 61440 bytes",
    });
    for (const _ of many(17)) await answer(61_440);
    await answer(4_096);
    await assert.rejects(answer(100), {
      code: "InvalidParameter",
      message:
        "data is 1048676 bytes long with that of earlier answers; give at most 1048576 bytes",
      facts: {
        parameter: "data",
        found: "1048676 bytes long with that of earlier answers",
        expected: "at most 1048576 bytes",
      },
    });
  });
});

function typesOf(events: readonly TaskEvent[] | Error): string {
  assert.ok(!(events instanceof Error), String(events));
  return events.map(({ type }) => type).join(" ");
}
