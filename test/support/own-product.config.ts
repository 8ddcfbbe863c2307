// A task type of one's own that ACK's clients see.
import { defineConfig, defineTask } from "../../src/index.ts";

const install = defineTask({
  type: "rack_install",
  product: "ack",
  steps: {
    Mount: async (_, { item, message }) => {
      message("rack 7 is mounted");
      item("server-1", "success");
    },
    Burn: async (_, { sleep }) => sleep(3_600_000),
  },
});

export default defineConfig({ types: [install] });
