// Work is counted in comparisons of two waiting tasks, which everything that a queue does with many of them comes down to.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { draft, taskSubmitted } from "../../../../test/support/task-spec.ts";
import { defineTask } from "../../../core/define-task.ts";
import { fold } from "../../../core/evolve.ts";
import type { Task } from "../../../core/task.ts";
import type { TaskTypeDefinition } from "../../../core/task-type.ts";
import { RunQueue } from "./run-queue.ts";
import { byOrder } from "./waiting.ts";

const pattern = fold([taskSubmitted(0, draft({ id: "t", type: "any" }))]);

/** A queue of many tasks, and how many comparisons a piece of work with it takes. */
function counted(limits: Partial<TaskTypeDefinition> = {}, maxRunning = 100_000) {
  let now = 0;
  let compared = 0;
  const type = defineTask({ type: "any", steps: { only: async () => {} }, ...limits });
  const queue = new RunQueue({
    maxRunning,
    typeOf: () => type,
    now: () => now,
    ageingMs: 60_000,
    order: (one, other) => {
      compared++;
      return byOrder(one, other);
    },
  });
  const work = (what: () => unknown) => {
    compared = 0;
    what();
    return compared;
  };
  const join = (count: number, more: (n: number) => Partial<Task> = () => ({})) =>
    Array.from({ length: count }, (_, n): Task => {
      const task = { ...pattern, id: `t-${n}`, ...more(n) };
      queue.join(task);
      return task;
    });
  const pass = (ms: number) => {
    now += ms;
  };
  return { queue, work, join, pass };
}

/** The mean work for each of some, of a thousand and of twenty times as many. */
function growth(measure: (count: number) => number): readonly [number, number] {
  return [measure(1_000), measure(20_000)];
}

/** Not twenty times as much: the logarithm grows from 10 to 14, and its factor varies. */
function assertFlat(what: string, [few, many]: readonly [number, number]): void {
  assert.ok(many <= 2.5 * Math.max(few, 10), `${what}: ${few} for each of a few, ${many} of many`);
}

describe("row 5: one key with many waiters", () => {
  const key = () => ({ concurrencyKey: "k" });
  const filled = (count: number) => {
    const all = counted();
    all.queue.take({ ...pattern, id: "holder", ...key() });
    const tasks = all.join(count, key);
    return { ...all, tasks };
  };

  it("says how many come before each, whatever their number", () => {
    const { queue, tasks } = filled(500);
    assert.deepEqual(queue.standing(tasks[499] as Task).key, { by: "holder", ahead: 500 });
    queue.leave(tasks[17] as Task);
    assert.deepEqual(queue.standing(tasks[499] as Task).key, { by: "holder", ahead: 499 });
    const mean = (count: number) => {
      const all = filled(count);
      return all.work(() => all.tasks.map((task) => all.queue.standing(task))) / count;
    };
    assertFlat("why", growth(mean));
  });

  it("takes them in, and lets them go, whatever their number", () => {
    const joining = (count: number) => {
      const all = counted();
      all.queue.take({ ...pattern, id: "holder", ...key() });
      return all.work(() => all.join(count, key)) / count;
    };
    assertFlat("join", growth(joining));
    const leaving = (count: number) => {
      const { queue, work, tasks } = filled(count);
      const backwards = tasks.toReversed();
      const done = work(() => {
        for (const task of backwards) queue.leave(task);
      });
      assert.equal(queue.load.waiting, 0);
      return done / count;
    };
    assertFlat("leave", growth(leaving));
  });

  it("starts one after another", () => {
    const starting = (count: number) => {
      const { queue, work, tasks } = filled(count);
      const order: string[] = [];
      const done = work(() => {
        queue.leave({ ...pattern, id: "holder", ...key() });
        for (let next = queue.next(); next !== undefined; next = queue.next()) {
          order.push(next.id);
          queue.leave(next);
        }
      });
      assert.deepEqual(
        order,
        tasks.map(({ id }) => id),
      );
      return done / count;
    };
    assertFlat("start", growth(starting));
  });
});

describe("row 6: many keys held by a rate", () => {
  it("costs no more to start another type's task, and to wake up for one key after another", () => {
    const perStart = (count: number) => {
      const all = counted({ startRatePerKey: { starts: 1, perMs: 1_000 }, maxPerKey: 9 });
      const { queue, join, pass, work } = all;
      const begin = () => {
        let started = 0;
        for (let next = queue.next(); next !== undefined; next = queue.next()) started++;
        return started;
      };
      join(2 * count, (n) => ({ concurrencyKey: `k-${n % count}` }));
      assert.equal(begin(), count, "one of each key");
      const asked = work(() => {
        for (let n = 0; n < 100; n++)
          assert.deepEqual([queue.nextAt, queue.next()], [1_000, undefined]);
      });
      assert.equal(asked, 0, "asking takes no look at the keys");
      pass(1_000);
      return work(() => assert.equal(begin(), count)) / count;
    };
    assertFlat("start", growth(perStart));
  });

  it("forgets the keys once their rates are as new", () => {
    const { queue, join, pass, work } = counted({ startRatePerKey: { starts: 1, perMs: 1_000 } });
    const tasks = join(1_000, (n) => ({ concurrencyKey: `k-${n}` }));
    for (const task of tasks) {
      assert.equal(queue.next(), task);
      queue.leave(task);
    }
    pass(1_000);
    assert.equal(
      work(() => queue.next()),
      0,
    );
    assert.equal(queue.takeIfFree({ ...pattern, id: "t", concurrencyKey: "k-0" }), false);
    queue.join({ ...pattern, id: "t", concurrencyKey: "k-0" });
    assert.equal(queue.next()?.id, "t");
  });
});

describe("row 7: many canceled waiters behind a closed gate", () => {
  it("are gone when it opens", () => {
    const opening = (count: number) => {
      const { queue, join, work } = counted({ maxRunning: 1 });
      const [first, ...others] = join(count);
      assert.equal(queue.next(), first);
      const last = others.at(-1) as Task;
      for (const task of others.slice(0, -1)) queue.leave(task);
      return work(() => {
        queue.leave(first as Task);
        assert.equal(queue.next(), last);
      });
    };
    assertFlat("opening", growth(opening));
  });
});

describe("many accounts, and many of one type", () => {
  it("take turns without anybody looking at all accounts", () => {
    const perStart = (count: number) => {
      const { queue, join, work } = counted({ maxRunning: 10 });
      join(count, (n) => ({ account: `account-${n % (count / 2)}` }));
      const running: Task[] = [];
      const done = work(() => {
        for (let n = 0; n < count; n++) {
          if (running.length === 10) queue.leave(running.shift() as Task);
          running.push(queue.next() as Task);
        }
      });
      assert.equal(new Set(running).size, 10);
      return done / count;
    };
    assertFlat("start", growth(perStart));
  });

  it("are counted by adding", () => {
    const { queue, join, work } = counted({}, 5_000);
    join(20_000, (n) => ({ account: `account-${n % 1_000}` }));
    while (queue.next() !== undefined);
    const told = work(() => {
      const { waiting, running, runningByAccount } = queue.load;
      assert.deepEqual([waiting, running, runningByAccount().get("account-7")], [15_000, 5_000, 5]);
    });
    assert.equal(told, 0);
  });
});
