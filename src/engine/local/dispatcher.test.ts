import assert from "node:assert/strict";
import { it } from "node:test";
import { FakeClock, settle } from "../../../test/support/fake-clock.ts";
import { draft, taskSubmitted } from "../../../test/support/task-spec.ts";
import { fold } from "../../core/evolve.ts";
import type { Task } from "../../core/task.ts";
import { Dispatcher } from "./dispatcher.ts";

const task = fold([taskSubmitted(0, draft({ id: "t" }))]);

/** A queue of so many tasks, of which the rest start at `nextAt`. */
function bench(waiting: number, nextAt?: number, isEarly = (_: number) => false) {
  const clock = new FakeClock();
  let left = waiting;
  const queue = {
    nextAt,
    next: (): Task | undefined => (left-- > 0 ? task : undefined),
  };
  let started = 0;
  const underWay: PromiseWithResolvers<void>[] = [];
  const dispatcher = new Dispatcher(clock, queue, () => {
    started++;
    if (isEarly(started)) return undefined;
    const written = Promise.withResolvers<void>();
    underWay.push(written);
    return written.promise;
  });
  const write = async (count: number) => {
    for (const { resolve } of underWay.splice(0, count)) resolve();
    await settle();
  };
  const fail = async (count: number) => {
    for (const { reject } of underWay.splice(0, count)) reject(new Error("it was refused"));
    await settle();
  };
  return { clock, queue, dispatcher, started: () => started, write, fail };
}

it("of a thousand tasks that may start at once, some are written at a time, then the next", async () => {
  const { dispatcher, started, write } = bench(1_000);
  dispatcher.run();
  dispatcher.run();
  assert.equal(started(), 64);
  await write(3);
  assert.equal(started(), 67);
  for (let rounds = 20; rounds > 0; rounds--) await write(64);
  assert.equal(started(), 1_000);
});

it("a start that is not written holds up no other: it is too early, or fails", async () => {
  const { dispatcher, started } = bench(100, undefined, (n) => n % 2 === 0);
  dispatcher.run();
  assert.equal(started(), 100);
  const failing = bench(200);
  failing.dispatcher.run();
  for (let left = 4; left > 0; left--) await failing.fail(64);
  assert.equal(failing.started(), 200);
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

it("asks the queue after a written start only if others could not begin because of it", async () => {
  const { queue, dispatcher, write } = bench(63);
  const { next } = queue;
  let asked = 0;
  queue.next = () => {
    asked++;
    return next();
  };
  dispatcher.run();
  assert.equal(asked, 64);
  await write(63);
  assert.equal(asked, 64);
});

it("keeps its timer while the moment of the queue stays, and is on time for one that has come", async () => {
  const { clock, queue, dispatcher } = bench(0, 5_000);
  let asked = 0;
  queue.next = () => {
    asked++;
    return undefined;
  };
  const { after } = clock;
  let set = 0;
  clock.after = (...span) => {
    set++;
    return after.apply(clock, span);
  };
  for (let n = 0; n < 3; n++) dispatcher.run();
  assert.deepEqual([asked, set], [3, 1]);
  queue.nextAt = clock.monotonic();
  dispatcher.run();
  queue.nextAt = undefined;
  await clock.advance(0);
  assert.deepEqual([asked, set], [5, 2]);
});
