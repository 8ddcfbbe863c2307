import assert from "node:assert/strict";
import { it } from "node:test";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { draft, taskSubmitted } from "../../../test/support/task-spec.ts";
import { fold } from "../../core/evolve.ts";
import type { Task } from "../../core/task.ts";
import { Dispatcher } from "./dispatcher.ts";

const task = fold([taskSubmitted(0, draft({ id: "t" }))]);

/** A queue of so many tasks, of which the rest start at `nextAt`. */
function bench(waiting: number, nextAt?: number) {
  const clock = new FakeClock();
  const queue = {
    nextAt,
    next: (): Task | undefined => (left-- > 0 ? task : undefined),
  };
  let left = waiting;
  let started = 0;
  const dispatcher = new Dispatcher(clock, queue, () => {
    started++;
  });
  return { clock, queue, dispatcher, started: () => started };
}

it("a thousand tasks that may start at once leave turns of the event loop to others", async () => {
  const { clock, dispatcher, started } = bench(1_000);
  dispatcher.run();
  assert.deepEqual([started(), clock.pending], [200, 1]);
  await clock.advance(0);
  assert.deepEqual([started(), clock.pending], [1_000, 0]);
});

it("looks at the queue again when a rate opens, once, and not after the stop", async () => {
  const { clock, queue, dispatcher } = bench(0, 5_000);
  let asked = 0;
  queue.next = () => {
    asked++;
    return undefined;
  };
  for (let n = 0; n < 3; n++) dispatcher.run();
  assert.deepEqual([asked, clock.pending], [3, 1]);
  queue.nextAt = 7_000;
  await clock.advance(5_000);
  assert.deepEqual([asked, clock.pending], [4, 1]);
  queue.nextAt = undefined;
  dispatcher.run();
  assert.equal(clock.pending, 0);
  queue.nextAt = 9_000;
  dispatcher.run();
  dispatcher.stop();
  dispatcher.run();
  await clock.advance(10_000);
  assert.deepEqual([asked, clock.pending], [6, 0]);
});
