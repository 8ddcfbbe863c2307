import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { defineConfig, defineTask, type StepContext } from "../../src/index.ts";

/** Every attempt writes a line here before it does anything. So the file shows what really ran. */
const witness = process.env["CHAOS_WITNESS"] ?? "/dev/null";

async function step(_: unknown, { taskId, step, attempt }: StepContext): Promise<void> {
  appendFileSync(witness, `${taskId} ${step} ${attempt}\n`);
  await sleep(20 + Math.random() * 180);
}

export default defineConfig({
  types: [
    defineTask({ type: "four-steps", steps: { one: step, two: step, three: step, four: step } }),
  ],
});
