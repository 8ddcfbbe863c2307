// Row 4 of issue 15: work is counted, for one step with few and with many subtasks.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, it } from "node:test";
import { caller, startEngine } from "../../../test/support/engine-bench.ts";
import { step, stepStarted, taskStarted, taskSubmitted } from "../../../test/support/task-spec.ts";
import { defineTask } from "../../core/define-task.ts";
import type { TaskEvent } from "../../core/events.ts";
import { fold } from "../../core/evolve.ts";
import type { StepContext } from "../../core/step-context.ts";
import type { SubtaskSummary } from "../../core/task.ts";

const child = defineTask({
  type: "child",
  steps: { only: async ({ ms }, context) => context.sleep(Number(ms)) },
});

async function bench(count: number, ms: (index: number) => number) {
  let asked: StepContext | undefined;
  const parent = defineTask({
    type: "parent",
    cancelGraceMs: 60_000,
    steps: {
      fan: async (_, context) => {
        asked = context;
        const all = Array.from({ length: count }, (_each, index) =>
          context.subtask({ key: `${index}`, type: "child", input: { ms: ms(index) } }),
        );
        return { ended: (await Promise.all(all)).length };
      },
    },
  });
  const { engine, clock } = await startEngine([parent, child]);
  let appends = 0;
  const { id } = await engine.submit({ type: "parent", input: {} }, caller);
  engine.onCommit((task) => {
    if (task.id === id) appends++;
  });
  await clock.advance(0);
  const task = () => engine.get(caller.account, id);
  return { engine, clock, id, task, context: () => asked, appends: () => appends };
}

describe("a step with very many subtasks (row 4 of issue 15)", () => {
  it("leaves nothing at its signal for each of them, and they end with it", async () => {
    const { engine, clock, id, task, context } = await bench(600, () => 1_000_000);
    await clock.advance(1_000);
    const { signal } = context() ?? {};
    assert.ok(signal);
    assert.equal(getEventListeners(signal, "abort").length, 0);
    assert.equal((await task()).steps[0]?.subtasks?.length, 600);
    await engine.cancel(caller.account, id, { by: "a", reason: "b" });
    await clock.advance(5_000);
    const { state, steps } = await task();
    assert.equal(state, "canceled");
    assert.deepEqual(new Set(steps[0]?.subtasks?.map((one) => one.state)), new Set(["canceled"]));
  });

  it("writes its row not for each of them, but as often as its size allows", async () => {
    // They end 10 ms after each other. With 600 subtasks, 30 ms are between two reports.
    const { clock, task, appends } = await bench(600, (index) => 1_000 + index * 10);
    await clock.advance(1_000);
    const before = appends();
    await clock.advance(5_900);
    const written = appends() - before;
    assert.ok(written > 50 && written <= 5_900 / 30 + 5, `${written} appends`);
    await clock.advance(1_000);
    const { outputs, steps } = await task();
    assert.equal(outputs["ended"], 600);
    assert.deepEqual(
      new Set(steps[0]?.subtasks?.map(({ state }) => state)),
      new Set(["succeeded"]),
    );
  });

  it("writes its row with each report while they are few", async () => {
    const { clock, appends } = await bench(20, (index) => 1_000 + index * 10);
    await clock.advance(1_000);
    const before = appends();
    await clock.advance(200);
    // The end of the last one is written with the end of the step.
    assert.ok(appends() - before >= 19);
  });
});

/** How often the ids of subtasks are looked at when they are told of one by one: first that they run, then their end. */
function looksFor(count: number): number {
  let looks = 0;
  const told = (index: number, state: SubtaskSummary["state"], at: number): TaskEvent => {
    const summary = { type: "child", state, message: "", createdAt: 1, updatedAt: at };
    const seen = Object.defineProperty(summary, "id", {
      enumerable: true,
      get: () => {
        looks++;
        return `t-${index}`;
      },
    }) as SubtaskSummary;
    return { type: "StepReported", at, step: "only", report: { subtasks: [seen] } };
  };
  const indexes = Array.from({ length: count }, (_, index) => index);
  const task = fold([
    taskSubmitted(0, { steps: [step("only")] }),
    taskStarted(1),
    stepStarted(1, "only"),
    ...indexes.map((index) => told(index, "running", 2)),
    ...indexes.map((index) => told(index, "succeeded", 3)),
  ]);
  assert.equal(task.steps[0]?.subtasks?.length, count);
  return looks;
}

describe("the state of such a step", () => {
  it("takes the same for each report, however many subtasks it has", () => {
    const [few, many] = [looksFor(100), looksFor(1_000)];
    assert.ok(many <= few * 11, `${few} looks for 100, ${many} for 1,000`);
  });
});
