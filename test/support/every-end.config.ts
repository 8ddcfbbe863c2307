// Task types for tests of the client and the command line: one for every way a task can go.
import { defineConfig, defineTask, TerminalError } from "../../src/index.ts";

const copy = defineTask({
  type: "copy",
  steps: {
    read: async (input, { sleep }) => {
      await sleep(Number(input["ms"] ?? 50));
      return { copied: input["what"] ?? "nothing" };
    },
    write: async (input, { progress, message, sleep }) => {
      message("half of it");
      progress(5_000);
      await sleep(Number(input["ms"] ?? 50));
    },
  },
});

const fail = defineTask({
  type: "fail",
  steps: {
    prepare: async () => {},
    break: async () => {
      throw new TerminalError("DiskFull", "no space is left on \u001b[31mdisk 7");
    },
  },
});

const ask = defineTask({
  type: "ask",
  steps: {
    ask: async (_, { approval }) => ({ by: (await approval({ question: "go on?" })).by }),
  },
});

const endless = defineTask({
  type: "endless",
  steps: { turn: async (_, { sleep }) => void (await sleep(3_600_000)) },
});

export default defineConfig({ types: [copy, fail, ask, endless] });
