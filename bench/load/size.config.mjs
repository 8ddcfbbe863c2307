// The configuration of the server that has very many open tasks.
import { setTimeout as sleep } from "node:timers/promises";
import { defineTask } from "../../dist/index.js";

const HOUR_MS = 3_600_000;
const nothing = async () => {};
const forever = async (_input, { signal }) => sleep(2 ** 31 - 1, undefined, { signal });

export const config = {
  requestLog: "off",
  types: [
    defineTask({ type: "delayed", steps: { only: nothing } }),
    defineTask({ type: "limited", maxRunning: 1, steps: { only: forever } }),
    defineTask({ type: "keyed", steps: { only: forever } }),
    defineTask({
      type: "rated",
      startRatePerKey: { starts: 1, perMs: HOUR_MS },
      maxPerKey: 1_000,
      steps: { only: nothing },
    }),
    defineTask({ type: "child", steps: { only: nothing } }),
    defineTask({
      type: "parent",
      steps: {
        only: async ({ children }, context) => {
          const all = Array.from({ length: children }, (_, index) =>
            context.subtask({ key: `${index}`, type: "child", input: {} }),
          );
          await Promise.all(all);
        },
      },
    }),
  ],
};
