import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defineTask } from "../../src/core/define-task.ts";
import { settle } from "../support/fake-clock.ts";
import { startNativeServer } from "../support/native-server.ts";

const endless = defineTask({
  type: "endless",
  steps: {
    work: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
  },
});

describe("a bulk operation after the clock was set (row 23 of issue 15)", () => {
  for (const hours of [-24, -1, 1, 24]) {
    it(`by ${hours} h acts on the tasks that were there`, async (t) => {
      const server = await startNativeServer([endless]);
      t.after(() => server.close());
      const submit = async () => {
        const { body } = await server.send("POST", "/v1/tasks", { type: "endless" });
        await settle(5);
        return String(body.id);
      };
      const get = async (id: string) => (await server.send("GET", `/v1/tasks/${id}`)).body;
      const members = [await submit(), await submit()];
      await server.clock.advance(1_000);
      server.clock.jump(hours * 3_600_000);
      const order = { filter: "type=endless state:open", action: "cancel", reason: "clean up" };
      const made = await server.send("POST", "/v1/bulk", order);
      const late = await submit();
      await server.clock.advance(1_000);
      const { state, outputs } = await get(made.body.id);
      assert.deepEqual([state, outputs.done, outputs.refused], ["succeeded", 2, 0]);
      for (const id of members) assert.equal((await get(id)).state, "canceled");
      assert.equal((await get(late)).state, "running");
    });
  }
});
