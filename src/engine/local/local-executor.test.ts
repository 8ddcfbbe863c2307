import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeExecutor } from "../../../test/contracts/executor-contract.ts";
import { caller, startEngine } from "../../../test/support/engine-bench.ts";
import { defineTask } from "../../core/define-task.ts";
import type { SubmitRequest } from "../task-service.ts";
import { LocalExecutor } from "./local-executor.ts";

describeExecutor("local");

describe("local executor: the wall clock goes back", () => {
  it("a task with a notBefore that was in line already starts when its time has come again, and holds no slot", async () => {
    const gate = Promise.withResolvers<void>();
    const gated = defineTask({ type: "gated", steps: { only: () => gate.promise } });
    const quick = defineTask({ type: "quick", steps: { only: async () => {} } });
    const { engine, clock } = await startEngine([gated, quick], {
      executor: (host) => new LocalExecutor(host, { maxRunning: 1 }),
    });
    const submit = (type: string, more: Partial<SubmitRequest> = {}) =>
      engine.submit({ type, input: {}, ...more }, caller);
    const state = async ({ id }: { id: string }) => (await engine.get(caller.account, id)).state;
    await submit("gated");
    const delayed = await submit("quick", { notBefore: clock.now() + 1_000 });
    await clock.advance(2_000);
    clock.jump(-3_600_000);
    gate.resolve();
    await clock.advance(0);
    assert.equal(await state(delayed), "pending");
    const other = await submit("quick");
    await clock.advance(1_000);
    assert.equal(await state(other), "succeeded");
    await clock.advance(3_600_000);
    assert.equal(await state(delayed), "succeeded");
  });
});
