import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CountedTurns } from "../../test/support/counted-turns.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { FakeTaskService } from "../../test/support/fake-task-service.ts";
import { NO_COUNTS } from "./share-counts.ts";
import { TaskWatch } from "./watch.ts";

const account = "1";
const caller = { account, requestId: "R-1", actor: "me" };
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function waiting(until: (version: number) => boolean) {
  const service = new FakeTaskService();
  const task = await service.submit({ type: "copy", input: {} }, caller);
  const watch = new TaskWatch(service, new FakeClock());
  const met = watch.wait({
    account,
    taskIds: [task.id],
    met: ({ version }) => until(version),
    mode: "all",
    timeoutMs: 1_000,
  });
  await turn();
  assert.equal(watch.size, 1);
  return { watch, met, next: { ...task, version: task.version + 1 } };
}

describe("a client that waits for a task", () => {
  it("gets a change at the end of the turn, after the answer to the caller who made the change", async () => {
    const { watch, met, next } = await waiting((version) => version > 1);
    const order: string[] = [];
    const heard = met.then(() => order.push("waits"));
    watch.committed(next);
    let answer = Promise.resolve();
    for (let i = 0; i < 50; i++) answer = answer.then(() => undefined);
    await Promise.all([heard, answer.then(() => order.push("made it"))]);
    assert.deepEqual(order, ["made it", "waits"]);
    assert.equal(watch.size, 0);
  });

  it("misses no version in between, and gets an answer if the server stops at that moment", async () => {
    const { watch, met, next } = await waiting((version) => version === 2);
    watch.committed(next);
    watch.committed({ ...next, version: next.version + 1 });
    watch.stop();
    const result = await met;
    assert.equal(result.met, true);
    assert.equal(result.tasks[0]?.version, 3, "as it is now");
  });

  it("is one of ten thousand that are answered in many turns, not in one (row 1)", async () => {
    const service = new FakeTaskService();
    const task = await service.submit({ type: "copy", input: {} }, caller);
    const turns = new CountedTurns();
    const watch = new TaskWatch(service, new FakeClock(), NO_COUNTS, turns);
    let answered = 0;
    let atRest = 0;
    let most = 0;
    turns.rested = () => {
      most = Math.max(most, answered - atRest);
      atRest = answered;
    };
    const met = ({ version }: { readonly version: number }) => version === 2;
    const all = Array.from({ length: 10_000 }, async () => {
      const request = { account, taskIds: [task.id], met, mode: "all", timeoutMs: 1_000 } as const;
      const result = await watch.wait(request);
      answered += 1;
      return result.met;
    });
    await turn();
    watch.committed({ ...task, version: 2 });
    await turn();
    watch.committed({ ...task, version: 3 });
    assert.deepEqual(new Set(await Promise.all(all)), new Set([true]));
    assert.ok(most <= 60, `${most} answers in one turn`);
    assert.ok(turns.rests >= 200, `${turns.rests} rests`);
  });
});
