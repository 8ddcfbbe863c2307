import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../../../test/support/properties.ts";
import { Alarms } from "./alarms.ts";

/** Time that moves when told, and counts the timers and the turns in which they fire. */
class Turns {
  now = 0;
  timers: { readonly at: number; readonly callback: () => void }[] = [];
  set = 0;

  monotonic(): number {
    return this.now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.now + ms, callback };
    this.timers.push(timer);
    this.set += 1;
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  }

  /** Fires what is due, once; false: nothing was. */
  turn(): boolean {
    const due = this.timers.filter(({ at }) => at <= this.now);
    this.timers = this.timers.filter(({ at }) => at > this.now);
    for (const { callback } of due) callback();
    return due.length > 0;
  }
}

/** Alarms, and what is expected of them. */
class Expected {
  readonly turns = new Turns();
  readonly fired: number[] = [];
  readonly open = new Map<number, { readonly at: number; readonly callOff: () => void }>();
  readonly #alarms = new Alarms(this.turns);

  set(n: number, ms: number): void {
    const at = this.turns.now + ms;
    const callOff = this.#alarms.after(ms, () => {
      assert.ok(this.open.delete(n), "it was called off, or has gone off");
      assert.ok(at <= this.turns.now, "it is early");
      this.fired.push(at);
    });
    this.open.set(n, { at, callOff });
  }

  callOff(index: number): void {
    const chosen = [...this.open][index % this.open.size];
    if (chosen === undefined) return;
    this.open.delete(chosen[0]);
    chosen[1].callOff();
  }

  pass(ms: number): void {
    this.turns.now += ms;
    while (this.turns.turn());
    for (const { at } of this.open.values()) assert.ok(at > this.turns.now, "it is late");
    assert.ok(this.turns.timers.length <= 1);
  }
}

describe("alarms", () => {
  it("go off in order, none early, none late, none that was called off", () => {
    const move = fc.tuple(fc.constantFrom("set", "callOff", "pass"), fc.nat(50));
    const property = fc.property(fc.array(move, { maxLength: 80, size: "max" }), (moves) => {
      const expected = new Expected();
      for (const [n, [what, value]] of moves.entries()) {
        if (what === "set") expected.set(n, value);
        else if (what === "callOff") expected.callOff(value);
        else expected.pass(value / 2);
      }
      expected.pass(100);
      assert.deepEqual([expected.open.size, expected.turns.timers.length], [0, 0]);
      assert.deepEqual(
        expected.fired,
        expected.fired.toSorted((a, b) => a - b),
      );
    });
    fc.assert(property, { numRuns: 300 });
  });

  it("10,000 that are due at once take many turns, and set one timer each", () => {
    const turns = new Turns();
    const alarms = new Alarms(turns);
    let inTurn = 0;
    let most = 0;
    for (let n = 0; n < 10_000; n++) {
      alarms.after(1_000, () => {
        inTurn += 1;
        most = Math.max(most, inTurn);
      });
    }
    assert.equal(turns.set, 1);
    turns.now = 1_000;
    while (turns.turn()) inTurn = 0;
    assert.equal(most, 64);
    assert.deepEqual([turns.timers.length, turns.set], [0, 157]);
  });

  it("that are due at the same moment go off in the order in which they were set", () => {
    const turns = new Turns();
    const alarms = new Alarms(turns);
    const gone: number[] = [];
    for (let n = 0; n < 5; n++) alarms.after(10, () => gone.push(n));
    turns.now = 10;
    turns.turn();
    assert.deepEqual(gone, [0, 1, 2, 3, 4]);
  });

  it("that are all called off, or have gone off, leave no timer", () => {
    const turns = new Turns();
    const alarms = new Alarms(turns);
    alarms.after(10, () => {})();
    assert.deepEqual([turns.timers.length, turns.set], [0, 1]);
    alarms.after(10, () => {});
    turns.now = 10;
    turns.turn();
    assert.deepEqual([turns.timers.length, turns.set], [0, 2]);
  });

  it("goes on after a callback that throws", () => {
    const turns = new Turns();
    const alarms = new Alarms(turns);
    const gone: string[] = [];
    alarms.after(10, () => {
      throw new Error("it broke");
    });
    alarms.after(10, () => gone.push("next"));
    turns.now = 10;
    assert.throws(() => turns.turn(), /it broke/);
    turns.turn();
    assert.deepEqual(gone, ["next"]);
  });
});
