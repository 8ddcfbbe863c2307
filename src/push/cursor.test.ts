import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CountedTurns } from "../../test/support/counted-turns.ts";
import { FakeTaskService } from "../../test/support/fake-task-service.ts";
import { LONGEST_TURN_MS } from "../pace.ts";
import type { RecordedEvents } from "../store/store.ts";
import { Cursor } from "./cursor.ts";
import { Feed } from "./feed.ts";

const LENGTH = 10_000;

function entryAt(position: number): RecordedEvents {
  return { position, account: "a", taskId: `T-${position}`, firstVersion: 1, events: [] };
}

/** The entries of a log of this length after a position, a hundred at a time. */
function logOf(length: number) {
  return async (after: number) =>
    Array.from({ length: Math.min(100, length - after) }, (_, i) => entryAt(after + i + 1));
}

describe("row 18: a subscriber that passes over a long log", () => {
  test("rests at short intervals, and gets the one entry that it wants", async () => {
    const turns = new CountedTurns();
    const got: number[] = [];
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    const cursor = new Cursor(
      {
        account: "a",
        after: 0,
        wants: ({ position }) => position === LENGTH,
        deliver: ({ position }) => {
          got.push(position);
          resolve();
          return true;
        },
        ended: () => assert.fail("it goes on"),
      },
      {
        turns,
        begun: async () => {},
        watermark: () => LENGTH,
        read: logOf(LENGTH),
        closed: () => {},
      },
    );
    cursor.ready();
    await arrived;
    assert.deepEqual(got, [LENGTH]);
    assert.ok(turns.longest <= LONGEST_TURN_MS + 1, `${turns.longest} parts without a rest`);
    assert.ok(turns.rests >= LENGTH / (LONGEST_TURN_MS + 1), `${turns.rests} rests`);
  });

  test("stops at its next rest when it is closed", async () => {
    const turns = new CountedTurns();
    let looked = 0;
    const cursor: Cursor = new Cursor(
      {
        account: "a",
        after: 0,
        wants: () => {
          looked += 1;
          if (looked === 50) cursor.close();
          return false;
        },
        deliver: () => assert.fail("nothing is wanted"),
        ended: () => {},
      },
      {
        turns,
        begun: async () => {},
        watermark: () => LENGTH,
        read: logOf(LENGTH),
        closed: () => {},
      },
    );
    cursor.ready();
    for (let i = 0; i < 1_000; i++) await Promise.resolve();
    assert.equal(looked, 50);
  });

  test("rests whichever way it subscribed: streams and webhooks go through the feed", async () => {
    const turns = new CountedTurns();
    const service = Object.assign(new FakeTaskService(), {
      events: ({ after }: { readonly after: number }) => logOf(LENGTH)(after),
      lastPosition: async () => LENGTH,
    });
    const feed = new Feed(service, { turns });
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    feed.subscribe({
      account: "a",
      after: 0,
      wants: ({ position }) => position === LENGTH,
      deliver: () => {
        resolve();
        return true;
      },
      ended: () => {},
    });
    await arrived;
    assert.ok(turns.rests >= LENGTH / (LONGEST_TURN_MS + 1), `${turns.rests} rests`);
    feed.stop();
  });
});
