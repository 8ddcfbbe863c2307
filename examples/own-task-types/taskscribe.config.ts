// Two task types of your own. In your project, import from "taskscribe".
import {
  defineConfig,
  defineTask,
  type Json,
  type StepContext,
  TerminalError,
} from "../../src/index.ts";

/** The steps run one after the other. A failed step is retried; `TerminalError` ends the task at once. */
const backupDatabase = defineTask({
  type: "backup_database",
  timeoutMs: 10 * 60_000,
  steps: {
    async check(input) {
      if (typeof input["database"] !== "string") {
        throw new TerminalError("NoDatabase", 'give the input {"database": "name"}');
      }
    },
    dump: {
      weight: 8, // most of the time, so most of the progress
      timeoutMs: 60_000,
      retry: { maxAttempts: 3, firstDelayMs: 200 },
      async run(input, context) {
        // The first attempt fails, so that you can see a retry.
        if (context.attempt === 1) throw new Error("connection lost while dumping");
        for (let part = 1; part <= 4; part++) {
          context.progress(part * 2_500);
          context.message(`dumped part ${part} of 4 of ${input["database"]}`);
          await context.sleep(100); // wakes at once on cancel
        }
        return { file: `${input["database"]}-${context.taskId}.dump` };
      },
    },
    async upload(_input, context) {
      // The key is the same in every attempt. Give it to systems that must not act twice.
      context.output("uploadedAs", `${context.outputs["file"]}#${context.idempotencyKey}`);
    },
  },
});

/** Branches that run at the same time, with one item for each region, and a step that joins them. */
const rollOut = defineTask({
  type: "roll_out",
  steps: {
    async build(input) {
      return { image: `shop:${input["version"] ?? "latest"}` };
    },
    beijing: { after: ["build"], run: (_input, context) => deploy("cn-beijing", context) },
    shanghai: { after: ["build"], run: (_input, context) => deploy("cn-shanghai", context) },
    announce: {
      after: ["beijing", "shanghai"],
      async run(_input, context) {
        context.notice({
          action: "finish",
          reason: "RolledOut",
          message: "both regions serve the new image",
        });
      },
    },
  },
});

async function deploy(region: string, context: StepContext): Promise<{ [region: string]: Json }> {
  context.item(region, "initial");
  await context.sleep(150);
  context.item(region, "success");
  return { [region]: "deployed" };
}

export default defineConfig({ types: [backupDatabase, rollOut] });
