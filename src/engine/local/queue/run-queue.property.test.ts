import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../../../../test/support/properties.ts";
import { QueueModel } from "../../../../test/support/queue-model.ts";
import { draft, taskSubmitted } from "../../../../test/support/task-spec.ts";
import { defineTask } from "../../../core/define-task.ts";
import { fold } from "../../../core/evolve.ts";
import type { Task } from "../../../core/task.ts";
import type { TaskTypeDefinition } from "../../../core/task-type.ts";
import { RunQueue, type RunQueueOptions } from "./run-queue.ts";

const TYPES = ["a", "b", "c"] as const;
const ACCOUNTS = ["x", "y", "z"] as const;
const AGEING_MS = 50;

type Limits = Omit<Partial<TaskTypeDefinition>, "steps">;

/** What is set for one life of a process. */
interface Setting {
  readonly maxRunning: number;
  readonly types: readonly Limits[];
  readonly perAccount: readonly (number | undefined)[];
  /** What all tasks have in common, so that they have more to do with each other: their account, and a key or a parent. */
  readonly common: "nothing" | "key" | "parent";
}

const count = fc.integer({ min: 1, max: 3 });
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const rate = fc.record({ starts: count, perMs: fc.constantFrom(30, 100) });
const limits: fc.Arbitrary<Limits> = fc.record(
  {
    maxRunning: count,
    maxRunningPerAccount: count,
    maxPerKey: count,
    startRate: rate,
    startRatePerKey: rate,
  },
  { requiredKeys: [] },
);
const setting: fc.Arbitrary<Setting> = fc.record({
  maxRunning: fc.integer({ min: 1, max: 6 }),
  types: fc.tuple(limits, limits, limits),
  perAccount: fc.tuple(maybe(count), maybe(count), fc.constant(undefined)),
  common: fc.constantFrom("nothing", "key", "parent"),
});

const move = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("submit" as const),
      type: fc.constantFrom(...TYPES),
      account: fc.constantFrom(...ACCOUNTS),
      key: fc.constantFrom("k", "l", undefined, undefined),
      priority: fc.nat(9),
      /** Which of the running tasks has it as a subtask. */
      parent: fc.option(fc.nat(5), { nil: undefined, freq: 1 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("end" as const, "cancel" as const, "hold" as const),
      which: fc.nat(9),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.nat(120) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("resume" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const), setting }) },
);
type Move = typeof move extends fc.Arbitrary<infer T> ? T : never;

/** The queue and its model, which are told the same. */
class Both {
  now = 0;
  #made = 0;
  readonly #common: Setting["common"];
  readonly #held: Task[] = [];
  model: QueueModel;
  queue: RunQueue;

  constructor(set: Setting) {
    this.#common = set.common;
    [this.model, this.queue] = this.#begin(set);
  }

  #begin(set: Setting): [QueueModel, RunQueue] {
    const known = new Map(
      TYPES.map((type, i) => [
        type as string,
        defineTask({ type, steps: { only: async () => {} }, ...set.types[i] }),
      ]),
    );
    const options: RunQueueOptions = {
      maxRunning: set.maxRunning,
      typeOf: ({ type }) => known.get(type),
      now: () => this.now,
      ageingMs: AGEING_MS,
      runningLimit: (account) =>
        set.perAccount[ACCOUNTS.indexOf(account as (typeof ACCOUNTS)[number])],
    };
    return [new QueueModel(options), new RunQueue(options)];
  }

  /** Returns the ids of those that started because of it. */
  play(one: Move): readonly string[] {
    const { model, queue } = this;
    if (one.do === "submit") return this.#submit(one);
    if (one.do === "pass") this.now += one.ms;
    if (one.do === "restart") this.#restart(one.setting);
    if (one.do === "resume") for (const task of this.#held.splice(0)) this.#join(task);
    if (one.do === "end" || one.do === "cancel" || one.do === "hold") {
      const from = one.do === "end" ? model.running : model.waiting;
      const gone = from[one.which % from.length]?.task;
      if (gone !== undefined) {
        model.leave(gone);
        queue.leave(gone);
        if (one.do === "hold") this.#held.push(gone);
      }
    }
    return this.#dispatch();
  }

  #submit({ type, account, key, priority, parent: index }: Move & { do: "submit" }) {
    const common = this.#common;
    const { running } = this.model;
    const chosen = common === "parent" ? (index ?? 0) : index;
    const hasParent = chosen !== undefined && common !== "key";
    const parent = hasParent ? running[chosen % running.length]?.task : undefined;
    const ownKey = common === "key" ? (key ?? "k") : key;
    this.#made += 1;
    const task = fold([
      taskSubmitted(
        0,
        draft({
          id: `t-${this.#made}`,
          type,
          account: common === "nothing" ? (parent?.account ?? account) : "x",
          priority,
          ...(parent && { parent: { taskId: parent.id, step: "only" } }),
          ...(ownKey && !parent && { concurrencyKey: ownKey }), // a subtask has none
        }),
      ),
    ]);
    if (!this.queue.takeIfFree(task)) {
      this.#join(task);
      return this.#dispatch();
    }
    assert.ok(this.model.takeIfFree(task), "it was held up, or overtook others");
    return [task.id, ...this.#dispatch()];
  }

  #join(task: Task): void {
    this.model.join(task);
    this.queue.join(task);
  }

  /** Another process, with other limits, takes over what is open. */
  #restart(set: Setting): void {
    const { running, waiting } = this.model;
    [this.model, this.queue] = this.#begin(set);
    for (const { task, at } of running) {
      this.model.take(task, at);
      this.queue.take(task, at);
    }
    for (const { task, since } of waiting) {
      this.model.join(task, this.now - since);
      this.queue.join(task, this.now - since);
    }
  }

  #dispatch(): readonly string[] {
    const started: string[] = [];
    for (;;) {
      const next = this.queue.next()?.id;
      assert.equal(next, this.model.next()?.id);
      if (next === undefined) return started;
      started.push(next);
    }
  }

  /** Ends a task whose subtasks have all ended, as its handler would. */
  finishOne(): void {
    const { running, waiting } = this.model;
    const parents = new Set([...running, ...waiting].map(({ task }) => task.parent?.taskId));
    const done = running.find(({ task }) => !parents.has(task.id));
    if (done === undefined) return;
    this.model.leave(done.task);
    this.queue.leave(done.task);
    this.#dispatch();
  }

  compare(): void {
    const { model, queue } = this;
    const { load, nextAt } = queue;
    assert.equal(nextAt, model.nextAt);
    const tasks = model.running.filter(({ task }) => task.parent === undefined);
    assert.deepEqual([load.waiting, load.running], [model.waiting.length, tasks.length]);
    const byAccount = Object.groupBy(tasks, ({ task }) => task.account);
    const counted = Object.entries(byAccount).map(([account, all]) => [account, all?.length]);
    assert.deepEqual([...load.runningByAccount()].sort(), counted.sort());
    for (const { task } of model.waiting) {
      const { key, ofType, ofAccount, rate: closed, slots } = queue.standing(task);
      assert.deepEqual(key, model.keyStanding(task));
      assert.deepEqual([ofType, ofAccount, closed], model.standing(task));
      const isSlotFull = slots !== undefined && slots.running >= slots.limit;
      const isTypeFull = ofType !== undefined && ofType.running >= ofType.limit;
      const why = [key, ofAccount, closed].some((one) => one !== undefined);
      assert.ok(why || isSlotFull || isTypeFull, `${task.id} waits for nothing`);
    }
  }
}

describe("row 18: the order of starts", () => {
  it("is that of a simple model, which takes the first by order of those that pass all gates", () => {
    const moves = fc.array(move, { minLength: 1, maxLength: 80, size: "max" });
    const property = fc.property(setting, moves, (set, all) => {
      const both = new Both(set);
      for (const one of all) {
        both.play(one);
        both.compare();
      }
    });
    fc.assert(property, { numRuns: 700 });
  });

  it("leaves nobody behind: as tasks end and time passes, all that wait start", () => {
    const moves = fc.array(move, { minLength: 1, maxLength: 40, size: "max" });
    const property = fc.property(setting, moves, (set, all) => {
      const both = new Both(set);
      for (const one of all) both.play(one);
      for (let left = 400; both.model.waiting.length > 0; left--) {
        assert.ok(left > 0, "somebody waits for ever");
        both.finishOne();
        both.play({ do: "pass", ms: 50 });
      }
    });
    fc.assert(property, { numRuns: 300 });
  });
});
