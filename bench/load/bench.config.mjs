// The configuration of the server in cases that need their own task types.
import { setTimeout as sleep } from "node:timers/promises";
import { defineTask } from "../../dist/index.js";

const nothing = async () => {};

export const config = {
  types: [
    defineTask({
      type: "four-steps",
      steps: { one: nothing, two: nothing, three: nothing, four: nothing },
    }),
    /** A task that keeps its slot until the server stops. */
    defineTask({
      type: "occupier",
      steps: { wait: async (_input, { signal }) => sleep(2 ** 31 - 1, undefined, { signal }) },
    }),
  ],
};
