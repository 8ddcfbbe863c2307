import { setTimeout as sleep } from "node:timers/promises";
import { defineConfig, defineTask, type StepContext } from "../../src/index.ts";

type Handler = (input: unknown, context: StepContext) => Promise<void>;

const later = (work: () => void) => setTimeout(work, 20);
const broken = () => {
  throw new Error("nobody catches this");
};

/** Steps that harm the process they run in. */
const WAYS: Readonly<Record<string, Handler>> = {
  "rejected-promise": async () => {
    void Promise.reject(new Error("nobody awaits this"));
    await sleep(200);
  },
  timer: async () => {
    later(broken);
    await sleep(200);
  },
  "late-timer": async () => {
    later(broken);
  },
  tick: async () => {
    process.nextTick(broken);
    await sleep(200);
  },
  "abort-listener": async (_, { signal }) => {
    signal.addEventListener("abort", broken);
    await sleep(3_000);
  },
  "floating-sleep": async (_, context) => {
    void context.sleep(60_000);
    await sleep(3_000);
  },
  exit: async () => process.exit(7),
  "late-exit": async () => {
    later(() => process.exit(7));
    await sleep(200);
  },
};

const good: Handler = async () => void (await sleep(4_000));

export default defineConfig({
  types: [
    defineTask({ type: "good", steps: { only: good } }),
    ...Object.entries(WAYS).map(([type, handler]) =>
      defineTask({
        type,
        retry: { maxAttempts: 2, firstDelayMs: 1 },
        cancelGraceMs: 10_000,
        steps: { only: handler },
      }),
    ),
  ],
});
