import { setTimeout as sleep } from "node:timers/promises";
import { defineConfig, defineTask } from "../../src/index.ts";

export default defineConfig({
  types: [
    defineTask({ type: "good", steps: { only: () => sleep(600_000) } }),
    defineTask({
      type: "poison",
      steps: { only: async () => void process.kill(process.pid, "SIGKILL") },
    }),
  ],
});
