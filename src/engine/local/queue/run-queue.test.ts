import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../../../../test/support/properties.ts";
import { draft, taskSubmitted } from "../../../../test/support/task-spec.ts";
import { defineTask } from "../../../core/define-task.ts";
import { fold } from "../../../core/evolve.ts";
import type { Task, TaskDraft } from "../../../core/task.ts";
import type { TaskTypeDefinition } from "../../../core/task-type.ts";
import { RateLimiter } from "./rate-limiter.ts";
import { RunQueue } from "./run-queue.ts";

const MINUTE = 60_000;
let made = 0;

function task(overrides: Partial<TaskDraft> = {}): Task {
  made += 1;
  return fold([taskSubmitted(0, draft({ id: `t-${made}`, ...overrides }))]);
}

function bench(types: Record<string, Partial<TaskTypeDefinition>> = {}, maxRunning = 1) {
  let now = 0;
  const known = new Map(
    Object.entries(types).map(([type, limits]) => [
      type,
      defineTask({ type, steps: { only: async () => {} }, ...limits }),
    ]),
  );
  const line = new RunQueue({
    maxRunning,
    typeOf: ({ type }) => known.get(type),
    now: () => now,
    ageingMs: MINUTE,
  });
  const pass = (ms: number) => {
    now += ms;
  };
  return { line, pass, now: () => now };
}

describe("priority", () => {
  it("goes first; within one, who came first", () => {
    const { line } = bench();
    const [low, one, two, high] = [1, 5, 5, 9].map((priority) => task({ priority }));
    for (const each of [low, one, two, high]) line.join(each as Task);
    const order: unknown[] = [];
    for (let next = line.next(); next; next = line.next()) {
      order.push(next);
      line.leave(next);
    }
    assert.deepEqual(order, [high, one, two, low]);
  });

  it("grows with waiting, by one level a minute: nothing waits for ever", () => {
    const { line, pass } = bench();
    const old = task({ priority: 0 });
    line.join(old);
    const passed: number[] = [];
    // Every second somebody more important comes, and one may start.
    for (let second = 0; !passed.includes(0) && second < 1_000; second++) {
      line.join(task({ priority: 9 }));
      const next = line.next();
      assert.ok(next);
      passed.push(next.priority);
      line.leave(next);
      pass(1_000);
    }
    assert.ok(passed.length <= 9 * 60 + 2, `only after ${passed.length} others`);
  });

  it("counts waiting for a limit as waiting", () => {
    const { line, pass } = bench({ few: { maxRunning: 1 } }, 2);
    const [first, parked] = [task({ type: "few" }), task({ type: "few", priority: 1 })];
    line.join(first);
    line.join(parked);
    assert.equal(line.next(), first);
    assert.equal(line.next(), undefined);
    pass(5 * MINUTE);
    const fresh = task({ priority: 5 });
    line.join(fresh);
    line.leave(first);
    assert.equal(line.next(), parked);
  });
});

describe("a rate", () => {
  it("lets a span's worth start at once, then one after the other", () => {
    const rate = new RateLimiter({ starts: 3, perMs: 1_000 });
    const started: number[] = [];
    for (let now = 0; now < 3_000; now++) {
      while (rate.readyAt <= now) {
        rate.take(now);
        started.push(now);
      }
    }
    assert.deepEqual(started.slice(0, 6), [0, 0, 0, 334, 667, 1_000]);
  });

  it("tells when the next one may start, and holds up nobody else", () => {
    const { line, pass } = bench({ rare: { startRate: { starts: 1, perMs: 10_000 } } }, 9);
    const [first, second, other] = [task({ type: "rare" }), task({ type: "rare" }), task()];
    for (const each of [first, second, other]) line.join(each);
    assert.deepEqual([line.next(), line.next(), line.next()], [first, other, undefined]);
    assert.equal(line.nextAt, 10_000);
    pass(10_000);
    assert.deepEqual([line.next(), line.nextAt], [second, undefined]);
  });

  it("that lets somebody start while no slot is free leaves nothing to wake up for", () => {
    const { line, pass } = bench({ rare: { startRate: { starts: 1, perMs: 10_000 } } }, 2);
    const [first, second, other] = [task({ type: "rare" }), task({ type: "rare" }), task()];
    for (const each of [first, second, other]) line.join(each);
    assert.deepEqual([line.next(), line.next()], [first, other]);
    pass(20_000);
    assert.deepEqual([line.next(), line.nextAt], [undefined, undefined]);
    line.leave(other);
    assert.equal(line.next(), second);
  });

  it("counts tasks that were running at the start of the process", () => {
    const { line } = bench({ rare: { startRate: { starts: 1, perMs: 10_000 } } }, 9);
    line.take(task({ type: "rare" }), -4_000);
    line.join(task({ type: "rare" }));
    assert.deepEqual([line.next(), line.nextAt], [undefined, 6_000]);
  });
});

it("in any order of coming and going no limit is broken, and everybody has a turn", () => {
  const types = {
    plain: {},
    few: { maxRunning: 2, maxPerKey: 2 },
    rare: { startRate: { starts: 3, perMs: 500 }, startRatePerKey: { starts: 1, perMs: 100 } },
  };
  const move = fc.record({
    type: fc.constantFrom(...Object.keys(types)),
    key: fc.constantFrom("k", "l", undefined),
    priority: fc.nat(9),
    leave: fc.nat(30),
    pass: fc.nat(200),
  });
  const property = fc.property(fc.array(move, { maxLength: 60, size: "max" }), (moves) => {
    const { line, pass, now } = bench(types, 4);
    const waiting = new Set<Task>();
    const running = new Set<Task>();
    const starts: { task: Task; at: number }[] = [];
    const dispatch = () => {
      for (let next = line.next(); next; next = line.next()) {
        assert.ok(waiting.delete(next), "started twice");
        running.add(next);
        starts.push({ task: next, at: now() });
        check(next, running);
      }
    };
    const drop = (from: Set<Task>, index: number) => {
      const gone = [...from][index];
      if (gone === undefined) return;
      from.delete(gone);
      line.leave(gone);
    };
    for (const { type, key, priority, leave, pass: ms } of moves) {
      const one = task({ type, priority, ...(key && { concurrencyKey: key }) });
      waiting.add(one);
      line.join(one);
      dispatch();
      drop(leave % 3 === 0 ? waiting : running, leave % 4);
      pass(ms);
      dispatch();
    }
    for (let left = 500; waiting.size > 0 && left > 0; left--) {
      drop(running, 0);
      pass(100);
      dispatch();
    }
    assert.equal(waiting.size, 0, "somebody waits for ever");
    checkRate(starts.filter(({ task: { type } }) => type === "rare").map(({ at }) => at));
  });
  fc.assert(property, { numRuns: 300 });

  function check(started: Task, running: ReadonlySet<Task>): void {
    const all = [...running];
    assert.ok(all.length <= 4, "too many run");
    assert.ok(all.filter(({ type }) => type === "few").length <= 2, "too many of a type run");
    if (started.concurrencyKey === undefined) return;
    const same = all.filter(({ concurrencyKey }) => concurrencyKey === started.concurrencyKey);
    const limits = same.map(({ type }) => (type === "few" ? 2 : 1));
    assert.ok(same.length <= Math.min(...limits), "too many of a key run");
  }

  /** A bucket of 3 lets at most 3 + 3 start in one span. */
  function checkRate(starts: readonly number[]): void {
    for (const from of starts) {
      const within = starts.filter((at) => at >= from && at < from + 500);
      assert.ok(within.length <= 6, "too many start in a span");
    }
  }
});
