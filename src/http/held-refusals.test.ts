import assert from "node:assert/strict";
import { Socket } from "node:net";
import { beforeEach, describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { FakeClock } from "../../test/support/fake-clock.ts";
import type { Spans } from "../clock.ts";
import { HeldRefusals } from "./held-refusals.ts";

let clock: FakeClock;
let held: HeldRefusals;
let out: string[];

beforeEach(() => {
  clock = new FakeClock(1_000);
  held = new HeldRefusals(clock);
  out = [];
});

/** Time that stands still; `fire` lets the first timer fire. */
const timers = new Set<() => void>();
const time: Spans = {
  monotonic: () => 0,
  after(_ms, callback) {
    timers.add(callback);
    return () => timers.delete(callback);
  },
};

function fire(): void {
  const [first] = timers;
  assert.ok(first);
  timers.delete(first);
  first();
}

function hold(name: string, ms: number, socket = new Socket()): Socket {
  held.hold(socket, ms, () => void out.push(name));
  return socket;
}

describe("refusals that are kept back", () => {
  test("go out together, not later than they should", async () => {
    await clock.advance(5);
    hold("a", 250);
    hold("b", 290);
    hold("c", 299);
    await clock.advance(194);
    assert.deepEqual(out, []);
    await clock.advance(1);
    assert.deepEqual(out, ["a", "b"]);
    await clock.advance(100);
    assert.deepEqual(out, ["a", "b", "c"]);
    assert.equal(clock.pending, 0);
  });

  test("are kept back until the next moment at least", async () => {
    hold("a", 1);
    assert.deepEqual(out, []);
    await clock.advance(100);
    assert.deepEqual(out, ["a"]);
  });

  test("nothing is read from the connection meanwhile", async () => {
    const socket = hold("a", 100);
    assert.equal(socket.isPaused(), true);
    await clock.advance(100);
    assert.equal(socket.isPaused(), false);
  });

  test("a connection that nothing more is read from stays so, and one that is gone gets nothing", async () => {
    const last = new Socket().pause();
    hold("last", 100, last);
    hold("gone", 100).destroy();
    await clock.advance(100);
    assert.deepEqual(out, ["last"]);
    assert.equal(last.isPaused(), true);
  });

  test("very many go out in several turns of the event loop", async () => {
    held = new HeldRefusals(time);
    for (let i = 0; i < 40; i++) hold(String(i), 100);
    fire();
    assert.equal(out.length, 16);
    await nextTurn();
    await nextTurn();
    assert.deepEqual(
      out,
      Array.from({ length: 40 }, (_, i) => String(i)),
    );
  });

  test("a stop lets all out, each once, and keeps back no more", async () => {
    held = new HeldRefusals(time);
    for (let i = 0; i < 40; i++) hold(String(i), 100);
    fire();
    hold("later", 1_000);
    held.release();
    assert.equal(out.length, 41);
    hold("at once", 1_000);
    await nextTurn();
    await nextTurn();
    assert.equal(new Set(out).size, 42);
    assert.equal(out.length, 42);
    assert.equal(timers.size, 0);
  });
});
