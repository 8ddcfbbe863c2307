// The configuration of a server whose accounts disturb each other. The loud one has small shares.
import { setTimeout as sleep } from "node:timers/promises";
import { defineTask } from "../../dist/index.js";

const LOUD = "2000000000000002";
const LISTENER = "4000000000000004";

export const config = {
  throttling: {
    accounts: {
      [LOUD]: {
        account: { perSecond: 50, burst: 50 },
        changes: { perSecond: 5, burst: 5 },
      },
    },
  },
  shares: { accounts: { [LISTENER]: { streams: 5 } } },
  types: [
    /** Slots that all accounts share, and more than one of them could take. */
    defineTask({
      type: "short",
      maxRunning: 16,
      maxRunningPerAccount: 8,
      steps: { one: async (_input, { signal }) => sleep(20, undefined, { signal }) },
    }),
  ],
};
