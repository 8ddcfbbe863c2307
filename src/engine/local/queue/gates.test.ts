import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { draft, taskSubmitted } from "../../../../test/support/task-spec.ts";
import { defineTask } from "../../../core/define-task.ts";
import { fold } from "../../../core/evolve.ts";
import type { Task, TaskDraft } from "../../../core/task.ts";
import { AccountGate } from "./account-gate.ts";
import { Branch } from "./branch.ts";
import { Openings } from "./openings.ts";
import { RunQueue } from "./run-queue.ts";
import { Runner } from "./runner.ts";
import { TypeGate } from "./type-gate.ts";
import { byOrder } from "./waiting.ts";

function task(id: string, more: Partial<TaskDraft> = {}): Task {
  return fold([taskSubmitted(0, draft({ id, ...more }))]);
}

describe("the gates of keys", () => {
  const parts = () => ({
    order: byOrder,
    openings: new Openings(),
    fadings: new Openings(),
    roots: { task: new Branch(byOrder), subtask: new Branch(byOrder) },
  });

  it("are forgotten when nobody has the key any more", () => {
    const all = parts();
    const account = new AccountGate(all, undefined);
    const type = new TypeGate(undefined, all);
    const key = account.keyOf("k");
    key.hold("one", type, 0);
    assert.equal(account.findKey("k"), key);
    key.release("one", type, 0);
    assert.equal(account.findKey("k"), undefined);
    assert.equal(account.findKey(undefined), undefined);
  });

  it("are kept for as long as their rates remember a start", () => {
    const all = parts();
    const rate = { starts: 2, perMs: 1_000 };
    const steps = { only: async () => {} };
    const type = new TypeGate(defineTask({ type: "rare", startRatePerKey: rate, steps }), all);
    const account = new AccountGate(all, undefined);
    const key = account.keyOf("k");
    key.hold("one", type, 0);
    key.release("one", type, 10);
    assert.deepEqual([account.findKey("k"), all.fadings.nextAt], [key, 500]);
    all.fadings.look(499);
    assert.equal(account.findKey("k"), key);
    key.hold("two", type, 499);
    all.fadings.look(500);
    assert.equal(account.findKey("k"), key, "it is used again");
    key.release("two", type, 600);
    all.fadings.look(999);
    assert.equal(account.findKey("k"), key);
    all.fadings.look(1_000);
    assert.equal(account.findKey("k"), undefined);
    assert.equal(all.fadings.nextAt, Number.POSITIVE_INFINITY);
  });
});

describe("what an account has of a type", () => {
  it("is forgotten when it runs none of the type and none waits", () => {
    const openings = new Openings();
    const roots = { task: new Branch(byOrder), subtask: new Branch(byOrder) };
    const parts = { order: byOrder, openings, fadings: new Openings(), roots };
    const account = new AccountGate(parts, undefined);
    const type = new TypeGate(undefined, parts);
    for (const kind of ["task", "subtask"] as const) {
      const share = account.shareOf(type);
      const line = share.lineOf(kind, undefined);
      assert.equal(share.lineOf(kind, undefined), line);
      assert.equal(account.shareOf(type), share);
      account.forget(share);
      assert.equal(account.findShare(type), share, "one may wait");
      share.places.taken = 1;
      share.forgetLine(kind, undefined);
      assert.equal(account.findShare(type), share, "one runs");
      share.places.taken = 0;
      account.forget(share);
      assert.equal(account.findShare(type), undefined);
    }
  });
});

describe("a task that runs", () => {
  it("leaves nothing of its type's limits behind when it ends", () => {
    const openings = new Openings();
    const roots = { task: new Branch(byOrder), subtask: new Branch(byOrder) };
    const parts = { order: byOrder, openings, fadings: new Openings(), roots };
    const type = new TypeGate(undefined, parts);
    const account = new AccountGate(parts, 1);
    const share = account.shareOf(type);
    const runner = new Runner(task("one"), { type, account, share, key: undefined }, undefined);
    const counts = () =>
      [type, share, account].map(({ places: { taken, working } }) => [taken, working]);
    runner.enter(0, 0, false);
    assert.deepEqual(counts(), [
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    assert.equal(account.findShare(type), share);
    runner.leave(0);
    assert.deepEqual(counts(), [
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    assert.equal(account.findShare(type), undefined);
  });
});

describe("a queue", () => {
  const queueOf = () =>
    new RunQueue({ maxRunning: 2, typeOf: () => undefined, now: () => 0, ageingMs: 60_000 });

  it("gives a key that nobody has at once, and one that somebody has to nobody else", () => {
    const queue = queueOf();
    const keyed = (id: string) => task(id, { concurrencyKey: "k" });
    assert.equal(queue.takeIfFree(keyed("one")), true);
    assert.equal(queue.takeIfFree(keyed("two")), false, "a type that is not known allows one");
    assert.equal(queue.takeIfFree(task("three")), true);
    queue.leave(task("three"));
    queue.leave(keyed("one"));
    assert.equal(queue.takeIfFree(keyed("two")), true);
  });

  it("gives a key at once while its type allows more, unless others wait for it", () => {
    const type = defineTask({ type: "two", maxPerKey: 2, steps: { only: async () => {} } });
    const queue = new RunQueue({
      maxRunning: 9,
      typeOf: () => type,
      now: () => 0,
      ageingMs: 60_000,
    });
    const keyed = (id: string) => task(id, { concurrencyKey: "k" });
    const taken = ["one", "two", "three"].map((id) => queue.takeIfFree(keyed(id)));
    assert.deepEqual(taken, [true, true, false]);
    queue.join(keyed("three"));
    queue.leave(keyed("one"));
    assert.equal(queue.takeIfFree(keyed("four")), false, "it overtook one that waits");
    assert.equal(queue.next()?.id, "three");
  });

  it("knows each task once, whatever is said of it", () => {
    const queue = queueOf();
    const [one, two, three] = [task("one"), task("two"), task("three")];
    queue.take(one);
    queue.take(one);
    queue.join(one);
    assert.deepEqual([queue.load.waiting, queue.load.running], [0, 1]);
    for (const each of [two, three, three]) queue.join(each);
    assert.deepEqual([queue.load.waiting, queue.load.longest], [2, two]);
    queue.take(two); // somebody else started it
    assert.deepEqual([queue.load.waiting, queue.load.running, queue.next()], [1, 2, undefined]);
    for (const each of [one, one, two]) queue.leave(each);
    assert.deepEqual([queue.next(), queue.next()], [three, undefined]);
    assert.deepEqual([queue.load.waiting, queue.load.running], [0, 1]);
  });

  it("a task whose subtasks are over works again, and lends its place to nobody", () => {
    const one = defineTask({ type: "one", maxRunning: 1, steps: { only: async () => {} } });
    const ways: Record<string, (queue: RunQueue, subtask: Task) => void> = {
      "started at once": (queue, subtask) => assert.ok(queue.takeIfFree(subtask)),
      "waited first": (queue, subtask) => {
        queue.join(subtask);
        assert.equal(queue.next(), subtask);
      },
      "never started": (queue, subtask) => queue.join(subtask),
    };
    for (const [way, begin] of Object.entries(ways)) {
      const typeOf = ({ type }: Task) => (type === "one" ? one : undefined);
      const queue = new RunQueue({ maxRunning: 9, typeOf, now: () => 0, ageingMs: 60_000 });
      const [first, second] = [task("first", { type: "one" }), task("second", { type: "free" })];
      for (const parent of [first, second]) queue.take(parent);
      const subtask = (id: string, type: string, { id: taskId }: Task) =>
        task(id, { type, parent: { taskId, step: "only" } });
      const over = subtask("over", "free", first);
      begin(queue, over);
      queue.leave(over);
      const waits = subtask("waits", "one", second);
      queue.join(waits);
      assert.equal(queue.next(), undefined, way);
      queue.join(subtask("own", "one", first));
      assert.equal(queue.next(), waits, way);
    }
  });

  it("keeps an outline of what waits, and of nothing else", () => {
    const queue = queueOf();
    queue.join(task("one"));
    const outline = task("one");
    for (const each of [outline, task("other")]) queue.replace(each);
    assert.equal(queue.load.waiting, 1);
    assert.equal(queue.next(), outline);
    queue.replace(task("one"));
  });
});
