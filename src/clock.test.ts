import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Clock, clockOver, momentOf, sinceMoment, type TimeSource } from "./clock.ts";

/** A simulated source of time, with timers on the monotonic time, as Node's are. */
class Source implements TimeSource {
  uptime = 0;
  offset = 1_000_000;
  readonly timers = new Set<{ readonly at: number; readonly callback: () => void }>();

  now = () => this.uptime + this.offset;
  monotonic = () => this.uptime;

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.uptime + ms, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  pass(ms: number): void {
    const until = this.uptime + ms;
    for (;;) {
      const [next] = [...this.timers].sort((a, b) => a.at - b.at);
      if (next === undefined || next.at > until) break;
      this.timers.delete(next);
      this.uptime = Math.max(this.uptime, next.at);
      next.callback();
    }
    this.uptime = until;
  }
}

function bench(): {
  source: Source;
  clock: Clock;
  fired: string[];
  note(name: string): () => void;
} {
  const source = new Source();
  const fired: string[] = [];
  return { source, clock: clockOver(source), fired, note: (name) => () => void fired.push(name) };
}

describe("a clock that is set", () => {
  it("makes no span longer or shorter", () => {
    for (const ms of [-86_400_000, -3_600_000, 3_600_000, 86_400_000]) {
      const { source, clock, fired, note } = bench();
      clock.after(10_000, note("span"));
      source.offset += ms;
      source.pass(9_999);
      assert.deepEqual(fired, []);
      source.pass(1);
      assert.deepEqual(fired, ["span"]);
    }
  });

  it("forward: what has passed is noticed within a second", () => {
    const { source, clock, fired, note } = bench();
    clock.schedule(clock.now() + 3_600_000, note("moment"));
    source.pass(5_500);
    source.offset += 3_600_000;
    source.pass(1_000);
    assert.deepEqual(fired, ["moment"]);
  });

  it("back: a moment is never early, and not lost", () => {
    const { source, clock, fired, note } = bench();
    clock.schedule(clock.now() + 10_000, note("moment"));
    source.offset -= 3_600_000;
    source.pass(3_609_999);
    assert.deepEqual(fired, []);
    source.pass(1);
    assert.deepEqual(fired, ["moment"]);
  });

  it("shows monotonic times as moments, and takes moments of the future as now", () => {
    const { source, clock } = bench();
    source.pass(5_000);
    assert.equal(momentOf(clock, 3_000), clock.now() - 2_000);
    assert.equal(sinceMoment(clock, clock.now() - 2_000), 3_000);
    source.offset -= 3_600_000;
    assert.equal(sinceMoment(clock, clock.now() + 1), 5_000);
  });
});

describe("moments that wait", () => {
  it("come in their order, with one timer for all, and none that was called off", () => {
    const action = fc.record({ ms: fc.nat(5_000), isCalledOff: fc.boolean() });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), fc.nat(5_000), (actions, passMs) => {
        const { source, clock, fired, note } = bench();
        const began = clock.now();
        const added = actions.map(({ ms }, n) => clock.schedule(began + ms, note(`${n}`)));
        assert.ok(source.timers.size <= 1);
        const kept = actions.flatMap(({ ms, isCalledOff }, n) => {
          if (isCalledOff) added[n]?.();
          return isCalledOff ? [] : [{ ms, n }];
        });
        const inOrder = kept.sort((a, b) => a.ms - b.ms || a.n - b.n);
        source.pass(passMs);
        const due = inOrder.filter(({ ms }) => ms <= passMs).map(({ n }) => `${n}`);
        assert.deepEqual(fired, due);
        source.pass(5_000);
        assert.deepEqual(
          fired,
          inOrder.map(({ n }) => `${n}`),
        );
        assert.equal(source.timers.size, 0, "nothing is left to wait for");
      }),
    );
  });

  it("let others have their turn when many come at once", () => {
    const { source, clock, fired, note } = bench();
    for (let n = 0; n < 1_000; n++) clock.schedule(clock.now() + 10, note("moment"));
    source.uptime += 10;
    const [timer] = source.timers;
    timer?.callback();
    assert.equal(fired.length, 64);
  });

  it("all come though one of them throws", () => {
    const { source, clock, fired, note } = bench();
    clock.schedule(clock.now() + 5, () => {
      throw new Error("mine alone");
    });
    clock.schedule(clock.now() + 5, note("next"));
    assert.throws(() => source.pass(10), /mine alone/);
    source.pass(10);
    assert.deepEqual(fired, ["next"]);
  });

  it("longer than Node's timers can wait are not early", () => {
    const { source, clock, fired, note } = bench();
    clock.after(60 * 86_400_000, note("span"));
    assert.ok([...source.timers].every(({ at }) => at < 2 ** 31));
    source.pass(60 * 86_400_000 - 1);
    assert.deepEqual(fired, []);
    source.pass(1);
    assert.deepEqual(fired, ["span"]);
  });
});
