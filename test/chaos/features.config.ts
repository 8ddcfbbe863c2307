import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { defineConfig, defineTask, type StepContext, type StepHandler } from "../../src/index.ts";

/** Every attempt of a step, but not of an undo, writes a line here before it does anything. */
const witness = process.env["CHAOS_WITNESS"] ?? "/dev/null";

function leaveLine({ taskId, step, attempt }: StepContext): void {
  appendFileSync(witness, `${taskId} ${step} ${attempt}\n`);
}

const work: StepHandler = async (_, context) => {
  leaveLine(context);
  context.progress(5_000);
  await sleep(10 + Math.random() * 150);
  if (Math.random() < 0.1) throw new Error("it broke");
  context.output(`${context.step}-by`, context.attempt);
};
const asks: StepHandler = async (_, context) => {
  leaveLine(context);
  await context.approval({ question: "go on?" });
};
const parent: StepHandler = async (_, context) => {
  leaveLine(context);
  const child = (key: string) => context.subtask({ key, type: "plain", input: {} });
  await Promise.all([child("left"), child("right")]);
};
const fails: StepHandler = async (_, context) => {
  leaveLine(context);
  throw new Error("it always breaks");
};
const undo: StepHandler = () => sleep(20);

const retry = { maxAttempts: 6, firstDelayMs: 20, maxDelayMs: 200 };

export default defineConfig({
  types: [
    defineTask({ type: "plain", retry, steps: { one: work, two: work } }),
    defineTask({ type: "keyed", retry, steps: { one: work, two: work } }),
    defineTask({ type: "asking", retry, steps: { one: work, two: asks } }),
    defineTask({ type: "parent", retry, steps: { one: parent, two: work } }),
    defineTask({
      type: "undone",
      retry: { ...retry, maxAttempts: 2 },
      steps: { one: { run: work, undo }, two: { run: work, undo }, three: fails },
    }),
    defineTask({ type: "limited", retry, maxRunning: 3, steps: { one: work, two: work } }),
    defineTask({
      type: "rated",
      retry,
      startRate: { starts: 20, perMs: 1_000 },
      steps: { one: work },
    }),
  ],
});
