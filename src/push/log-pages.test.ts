import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { DEFAULT_BUDGETS } from "../budgets.ts";
import { FairTurns, LONGEST_TURN_MS } from "../pace.ts";
import type { EventQuery, RecordedEvents } from "../store/store.ts";
import { Feed } from "./feed.ts";
import { LogPages } from "./log-pages.ts";
import { EventStreams } from "./streams.ts";

const ACCOUNT = "a";

/** A log of so many entries with so many bytes each, which counts what is read of it. */
function logOf(length: number, bytes: number) {
  const text = "x".repeat(bytes);
  const stored: RecordedEvents[] = Array.from({ length }, (_, i) => ({
    position: i + 1,
    account: ACCOUNT,
    taskId: `T-${i}`,
    firstVersion: 1,
    events: [{ type: "TaskStarted", at: 1, text } as never],
  }));
  const counted = { reads: 0, entries: 0 };
  const events = async ({ after, limit, bytes: most = 0 }: EventQuery) => {
    counted.reads += 1;
    const page = stored.slice(after, after + Math.min(limit, Math.max(1, Math.ceil(most / bytes))));
    counted.entries += page.length;
    return page;
  };
  const service = {
    logEpochs: [{ id: "aaaaaaaa", beginsAfter: 0 }],
    events,
    lastPosition: async () => stored.length,
    isNext: (position: number, next: number) => next === position + 1,
  };
  return { stored, counted, service: service as never, pages: new LogPages(events) };
}

async function readAll(pages: LogPages, from: number): Promise<number[]> {
  const got: number[] = [];
  for (let after = from; ; ) {
    const entries = await pages.after({ account: ACCOUNT }, after);
    if (entries.length === 0) return got;
    got.push(...entries.map(({ position }) => position));
    after = entries.at(-1)?.position ?? after;
  }
}

const positions = (from: number, length: number) =>
  Array.from({ length: length - from }, (_, i) => from + i + 1);

describe("row 1: pages of the log that are read for all together", () => {
  it("are read once, however many read them, and from wherever they begin", async () => {
    const { counted, pages } = logOf(1_000, 1_000);
    const starts = [0, 0, 0, 500, 10, 990, 1];
    const all = await Promise.all(starts.map((from) => readAll(pages, from)));
    for (const [i, got] of all.entries()) assert.deepEqual(got, positions(starts[i] ?? 0, 1_000));
    // Each page once, two halves where readers met, and the end for each of them.
    assert.ok(counted.reads < 40, `${counted.reads} reads`);
    assert.ok(counted.entries < 1_500, `${counted.entries} entries`);
  });

  it("are kept within their budget, and read again when they are gone", async () => {
    const { counted, service } = logOf(1_000, 1_000);
    const pages = new LogPages((service as { events: never }).events, {
      ...DEFAULT_BUDGETS,
      sharedLogBytes: 300_000,
    });
    assert.deepEqual(await readAll(pages, 0), positions(0, 1_000));
    assert.ok(pages.bytes > 0 && pages.bytes <= 300_000, `${pages.bytes} bytes`);
    const { reads } = counted;
    assert.deepEqual(await readAll(pages, 0), positions(0, 1_000));
    assert.ok(counted.reads > reads);
  });

  it("end where the log ends at the moment of the question, not where it ended for somebody before", async () => {
    const { stored, pages } = logOf(1, 10);
    const [one, two] = [pages.after({ account: ACCOUNT }, 1), pages.after({ account: ACCOUNT }, 1)];
    const [entry] = stored;
    if (entry !== undefined) stored.push({ ...entry, position: 2 });
    assert.deepEqual((await one).length, 0);
    assert.deepEqual((await two).length, 1, "it was asked for when the other one was under way");
  });

  it("serve a thousand streams and a slow one among them: memory is bounded, and nobody's turn is long", async () => {
    const [length, size] = [60, 20_000];
    const { counted, service } = logOf(length, size);
    // An entry that is looked at takes a millisecond.
    let looked = 0;
    let longest = 0;
    const turns = new FairTurns(
      () => looked,
      (callback) => {
        const before = looked;
        setImmediate(() => {
          longest = Math.max(longest, looked - before);
          callback();
        });
      },
    );
    const feed = new Feed(service, { turns });
    const streams = new EventStreams(feed, new FakeClock());
    let most = 0;
    let drain = () => {};
    const ends = Array.from({ length: 1_000 }, (_, i) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      let bytes = 0;
      const sink = {
        write: (written: Uint8Array) => {
          bytes += written.length;
          most = Math.max(most, feed.pages.bytes);
          if (bytes >= length * size) resolve();
          return i > 0;
        },
        onDrain: (listener: () => void) => {
          if (i === 0) drain = listener;
        },
        onClose: () => {},
        end: () => assert.fail("it goes on"),
        cut: () => assert.fail("it goes on"),
      };
      const wants = () => {
        looked += 1;
        return true;
      };
      streams.open(sink, { account: ACCOUNT, after: 0, wants });
      return promise;
    });
    await Promise.all(ends.slice(1));
    // The slow one is far behind: it goes on alone.
    const { reads, entries } = counted;
    assert.ok(entries <= 1.2 * length, `${entries} entries were read for ${length}`);
    assert.ok(reads <= 1_200, `${reads} reads: the pages, and the end for each`);
    let isOver = false;
    void ends[0]?.then(() => {
      isOver = true;
    });
    for (let i = 0; i < 20_000 && !isOver; i++) {
      drain();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(isOver, "the slow one got all");
    assert.ok(most <= 16 * 1024 * 1024, `${most} bytes were kept`);
    assert.ok(longest <= LONGEST_TURN_MS + 1, `${longest} entries in one turn`);
  });
});
