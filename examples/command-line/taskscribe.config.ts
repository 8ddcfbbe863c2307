// The task types of the walk in docs/cli.md. In your project, import from "taskscribe".
import { defineConfig, defineTask, TerminalError } from "../../src/index.ts";

const backup = defineTask({
  type: "backup",
  steps: {
    dump: {
      weight: 3,
      async run(input, { progress, message, sleep }) {
        for (let part = 1; part <= 4; part++) {
          message(`part ${part} of 4`);
          await sleep(part === 4 ? 1_500 : 400);
          progress(part * 2_500);
        }
        return { file: `${input["database"]}.dump` };
      },
    },
    async upload(input, { sleep }) {
      await sleep(600);
      if (input["to"] === "full-disk") throw new TerminalError("DiskFull", "no space left");
      return { uploaded: true };
    },
  },
});

/** A task that waits for a person before its last step. */
const release = defineTask({
  type: "release",
  steps: {
    async build(input) {
      return { image: `shop:${input["version"]}` };
    },
    async confirm(input, { approval }) {
      const { by } = await approval({ question: `release ${input["version"]} to everybody?` });
      return { confirmedBy: by };
    },
    async publish() {},
  },
});

export default defineConfig({ types: [backup, release] });
