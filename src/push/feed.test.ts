import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CountedTurns } from "../../test/support/counted-turns.ts";
import { fc } from "../../test/support/properties.ts";
import type { TaskEvent } from "../core/events.ts";
import type { Task } from "../core/task.ts";
import type { EventQuery, RecordedEvents } from "../store/store.ts";
import { Feed, type FeedOptions } from "./feed.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A log in memory that tells the feed of its commits, late and in any order. */
class Log {
  readonly stored: RecordedEvents[] = [];
  reads = 0;
  /** What is read from now on is given only after this. */
  held: Promise<void> | undefined;
  readonly feed: Feed;
  readonly #late: (() => void)[] = [];

  constructor(options: FeedOptions = {}) {
    const service = {
      logEpochs: [{ id: "aaaaaaaa", beginsAfter: 0 }],
      events: async ({ account, taskId, after, limit }: EventQuery) => {
        this.reads += 1;
        const isOf = (entry: RecordedEvents) =>
          (account === undefined || entry.account === account) &&
          (taskId === undefined || entry.taskId === taskId);
        const page = this.stored
          .filter((entry) => isOf(entry) && entry.position > after)
          .slice(0, Math.min(limit, 3));
        await this.held;
        // A store may take a while to give what it has read.
        for (let i = 0; i < this.reads % 3; i++) await turn();
        return page;
      },
      lastPosition: async () => this.stored.at(-1)?.position ?? 0,
      isNext: (position: number, next: number) => next === position + 1,
    };
    this.feed = new Feed(service as never, options);
  }

  append(account: string, taskId: string, isLate: boolean, message = ""): void {
    const position = (this.stored.at(-1)?.position ?? 0) + 1;
    const events: readonly TaskEvent[] = [
      { type: "StepReported", at: 1, step: "s", report: { message } },
    ];
    this.stored.push({ position, account, taskId, firstVersion: position, events });
    const task = { account, id: taskId, version: position } as Task;
    const tell = () => this.feed.committed(task, events, position);
    if (isLate) this.#late.unshift(tell);
    else tell();
  }

  tellLate(): void {
    for (const tell of this.#late.splice(0)) tell();
  }
}

interface Reader {
  readonly account: string;
  readonly taskId?: string;
  readonly isAsync: boolean;
  readonly full: number;
  readonly joinsAt: number;
}

/** Subscribes, and checks that it gets every entry of its log once, in order, from where it began. */
function join(log: Log, { account, taskId, isAsync, full }: Reader) {
  const after = log.stored.at(Math.floor(log.stored.length / 2))?.position ?? 0;
  const got: number[] = [];
  const cursor = log.feed.subscribe({
    account,
    ...(taskId !== undefined && { taskId }),
    after,
    wants: ({ position }) => (isAsync && position % 2 === 0 ? turn().then(() => true) : true),
    deliver: ({ position }) => {
      got.push(position);
      return position % full !== 0;
    },
    ended: () => assert.fail("it goes on"),
  });
  const expected = () =>
    log.stored
      .filter((entry) => entry.account === account && entry.position > after)
      .filter((entry) => taskId === undefined || entry.taskId === taskId)
      .map(({ position }) => position);
  return { cursor, got, expected };
}

const READER = fc.record({
  account: fc.constantFrom("a", "b"),
  isAsync: fc.boolean(),
  full: fc.integer({ min: 2, max: 9 }),
  joinsAt: fc.nat(60),
});
const APPEND = fc.record({
  account: fc.constantFrom("a", "b"),
  taskId: fc.constantFrom("t", "u"),
  isLate: fc.boolean(),
  pause: fc.nat(3),
});

interface Appended {
  readonly account: string;
  readonly taskId: string;
  readonly isLate: boolean;
  readonly pause: number;
}

/** Readers that join, are full and go on while entries are appended; until all have got all, or for long enough. */
async function rehearse(readers: readonly Reader[], appends: readonly Appended[]) {
  const turns = new CountedTurns();
  turns.rested = () => {};
  const log = new Log({ turns, budgets: { sharedLogBytes: 2_000 } });
  const joined: ReturnType<typeof join>[] = [];
  const readyAll = () => {
    for (const { cursor } of joined) cursor.ready();
  };
  for (const [i, { account, taskId, isLate, pause }] of appends.entries()) {
    joined.push(...readers.filter(({ joinsAt }) => joinsAt === i).map((one) => join(log, one)));
    log.append(account, taskId, isLate);
    if (pause === 0) await turn();
    if (pause === 1) log.tellLate();
    if (pause === 2) readyAll();
  }
  joined.push(
    ...readers.filter(({ joinsAt }) => joinsAt >= appends.length).map((one) => join(log, one)),
  );
  log.tellLate();
  const isDone = () => joined.every(({ got, expected }) => got.length >= expected().length);
  for (let i = 0; i < 5_000 && !isDone(); i++) {
    readyAll();
    await turn();
  }
  return joined;
}

describe("row 1: the feed while it rests between those it tells", () => {
  it("delivers every entry once and in order to everybody, whenever they join or are full", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(READER, { minLength: 1, maxLength: 12 }),
        fc.array(APPEND, { maxLength: 60 }),
        async (readers, appends) => {
          const joined = await rehearse(readers, appends);
          for (const { got, expected } of joined) assert.deepEqual(got, expected());
        },
      ),
      { numRuns: 300 },
    );
  });

  it("loses nothing to a reader that goes live while others are being told", async () => {
    const turns = new CountedTurns();
    turns.rested = () => {};
    const log = new Log({ turns });
    const reader = { account: "a", isAsync: false, full: 1_000_000, joinsAt: 0 };
    for (let i = 0; i < 10; i++) join(log, reader);
    await turn();
    const { promise, resolve } = Promise.withResolvers<void>();
    log.held = promise;
    // Its read finds nothing, and comes back when the entry has been passed on to it, which is not live yet, but not to all.
    const { cursor, got, expected } = join(log, { ...reader, account: "b" });
    for (let i = 0; i < 10; i++) join(log, { ...reader, account: "b" });
    await Promise.resolve();
    log.held = undefined;
    log.append("b", "t", false);
    await turn();
    await turn();
    resolve();
    for (let i = 0; i < 50 && got.length === 0; i++) await turn();
    assert.deepEqual(got, expected());
    cursor.close();
  });

  it("lets entries go that wait for too long, and everybody reads them from the log", async () => {
    const log = new Log();
    const readers = [1, 2].map(() =>
      join(log, { account: "a", isAsync: false, full: 1_000_000, joinsAt: 0 }),
    );
    await turn();
    const reads = log.reads;
    for (let i = 0; i < 40; i++) log.append("a", "t", false, "x".repeat(1024 * 1024));
    assert.ok(log.feed.waitingBytes < 17 * 1024 * 1024, `${log.feed.waitingBytes} bytes wait`);
    for (let i = 0; i < 200 && readers.some(({ got }) => got.length < 40); i++) await turn();
    for (const { got, expected } of readers) assert.deepEqual(got, expected());
    assert.ok(log.reads > reads, "they were read");
  });

  it("tells a thousand live subscribers in many turns", async () => {
    const turns = new CountedTurns();
    const log = new Log({ turns });
    let told = 0;
    for (let i = 0; i < 1_000; i++) {
      log.feed.subscribe({
        account: "a",
        after: 0,
        deliver: () => {
          told += 1;
          return true;
        },
        ended: () => {},
      });
    }
    await turn();
    const before = turns.rests;
    log.append("a", "t", false);
    for (let i = 0; i < 50 && told < 1_000; i++) await turn();
    assert.equal(told, 1_000);
    assert.ok(turns.rests - before >= 300, `${turns.rests - before} rests`);
  });
});
