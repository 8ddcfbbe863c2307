import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { defineTask } from "../../src/core/define-task.ts";
import type { Cursor } from "../../src/push/cursor.ts";
import { Feed } from "../../src/push/feed.ts";
import { HEARTBEAT_MS, SLOW_MS } from "../../src/push/streams.ts";
import type { RecordedEvents } from "../../src/store/store.ts";
import { caller } from "../support/engine-bench.ts";
import { settle } from "../support/fake-clock.ts";
import { type OpenStream, startNativeServer } from "../support/native-server.ts";
import { fc } from "../support/properties.ts";

const types = [
  defineTask({
    type: "chatty",
    steps: {
      talk: async (input, { sleep, message }) => {
        for (let i = 0; i < Number(input["times"]); i++) {
          message(`${i}`);
          await sleep(100);
        }
      },
    },
  }),
];

let server: Awaited<ReturnType<typeof startNativeServer>>;
before(async () => {
  server = await startNativeServer(types);
});
after(async () => {
  await server.close();
  assert.deepEqual(server.errors, []);
});

async function submit(input: object, labels = {}): Promise<string> {
  const { body } = await server.send("POST", "/v1/tasks", { type: "chatty", input, labels });
  await settle();
  return body.id;
}

/** All entries of the log of a task, by position. */
async function log(taskId: string): Promise<readonly RecordedEvents[]> {
  return server.store.readEvents({ account: caller.account, taskId, after: 0, limit: 1_000 });
}

/** The cursors of the present log at these positions. */
const at = (...positions: readonly number[]) =>
  positions.map((position) => server.push.feed.cursors.at(position));

async function rest(stream: OpenStream): Promise<string[]> {
  const ids: string[] = [];
  for (let frame = await stream.next(); frame; frame = await stream.next()) {
    if (frame.id !== undefined) ids.push(frame.id);
  }
  return ids;
}

describe("GET /v1/tasks/{id}/events", () => {
  it("pages through the log", async () => {
    const id = await submit({ times: 3 });
    await server.clock.advance(1_000);
    const positions: number[] = [];
    let next = "0";
    for (;;) {
      const { body } = await server.send("GET", `/v1/tasks/${id}/events?after=${next}&limit=2`);
      if (body.entries.length === 0) break;
      assert.equal(body.next, body.entries.at(-1).cursor);
      positions.push(...body.entries.map((one: RecordedEvents) => one.position));
      next = body.next;
    }
    assert.deepEqual(
      positions,
      (await log(id)).map(({ position }) => position),
    );
  });
});

describe("a task's stream", () => {
  it("shows the events from the beginning, continues live, and ends with the task", async () => {
    const id = await submit({ times: 4 });
    await server.clock.advance(150);
    const stream = await server.stream(`/v1/tasks/${id}/events/stream`);
    assert.match(stream.response.headers["content-type"] ?? "", /^text\/event-stream/);
    const first = await stream.next();
    assert.equal(first?.data.events[0].type, "TaskSubmitted");
    const ids = [first?.id ?? ""];
    await server.clock.advance(1_000);
    for (let frame = await stream.next(); frame; frame = await stream.next()) {
      if (frame.event !== "end") ids.push(frame.id ?? "");
    }
    assert.deepEqual(ids, at(...(await log(id)).map(({ position }) => position)));
    const over = await server.stream(`/v1/tasks/${id}/events/stream`, {
      "last-event-id": ids.at(-1) ?? "",
    });
    assert.equal(over.status, 204);
    over.cut();
  });

  it("has the path of the log for clients that accept it, and is refused for a task of another account", async () => {
    const id = await submit({ times: 0 });
    const headers = { accept: "text/event-stream" };
    const stream = await server.stream(`/v1/tasks/${id}/events`, headers);
    assert.equal((await rest(stream)).length, (await log(id)).length);
    assert.equal((await server.send("GET", "/v1/tasks/nobody/events/stream")).status, 404);
  });
});

describe("GET /v1/events", () => {
  it("begins now, and shows every event once over lost connections", async () => {
    await submit({ times: 1 });
    await server.clock.advance(1_000);
    let stream = await server.stream("/v1/events");
    await once(stream.response, "readable");
    const seen: string[] = [];
    const expected = new Set<string>();
    for (let round = 0; round < 5; round++) {
      const id = await submit({ times: 3 });
      const want = seen.length + 2;
      await server.clock.advance(100);
      while (seen.length < want) seen.push((await stream.next())?.id ?? "nothing");
      stream.cut();
      await server.clock.advance(1_000); // it continues while nobody listens
      for (const { position } of await log(id)) expected.add(at(position)[0] ?? "");
      stream = await server.stream("/v1/events", { "last-event-id": seen.at(-1) ?? "" });
    }
    while (seen.length < expected.size) seen.push((await stream.next())?.id ?? "nothing");
    stream.cut();
    assert.deepEqual(seen, [...expected]);
  });

  it("knows its position even if there was no event before the connection was lost", async () => {
    const stream = await server.stream("/v1/events");
    await once(stream.response, "readable");
    const nothing = stream.next();
    while (stream.lastId() === undefined) await settle(1);
    stream.cut();
    await nothing;
    const id = await submit({ times: 0 });
    const again = await server.stream("/v1/events", { "last-event-id": stream.lastId() ?? "" });
    assert.equal((await again.next())?.data.taskId, id);
    again.cut();
  });

  it("filters by the task as it was after each event, live and from the log alike", async () => {
    const path = `/v1/events?filter=${encodeURIComponent("label.who=me state:succeeded")}`;
    const live = await server.stream(path);
    await once(live.response, "readable");
    const [start] = at(await server.push.feed.last());
    await submit({ times: 1 }, { who: "other" });
    const id = await submit({ times: 1 }, { who: "me" });
    await server.clock.advance(1_000);
    const frame = await live.next();
    assert.equal(frame?.data.taskId, id);
    assert.equal(frame?.data.events.at(-1).type, "TaskSucceeded");
    live.cut();
    const later = await server.stream(`${path}&after=${start}`);
    assert.deepEqual(await later.next(), frame);
    later.cut();
    const moody = await server.send("GET", "/v1/events?filter=health:slow");
    assert.equal(moody.body.error.code, "InvalidParameter");
  });

  it("keeps silent connections alive, and frees closed ones", async () => {
    const stream = await server.stream("/v1/events");
    const nothing = stream.next();
    await settle();
    assert.equal(server.push.streams.size, 1);
    await server.clock.advance(HEARTBEAT_MS);
    while (stream.comments() === 0) await settle(1);
    stream.cut();
    await nothing;
    while (server.push.streams.size > 0) await settle(1);
    assert.equal(server.push.feed.size, 0);
    assert.equal(server.clock.pending, 0);
  });

  it("disconnects a client that reads nothing, and the client misses nothing", async () => {
    const [after] = at(await server.push.feed.last());
    const slow = await server.stream(`/v1/events?after=${after}`);
    slow.response.pause();
    // This is more than the buffers of a socket hold. What does not fit is not kept for the client.
    const ids: string[] = [];
    const blob = "x".repeat(60_000);
    for (let i = 0; i < 200; i++) ids.push(await submit({ times: 1, blob }));
    await server.clock.advance(1_000);
    const before = process.memoryUsage().external;
    await server.clock.advance(SLOW_MS + HEARTBEAT_MS);
    while (server.push.streams.size > 0) await settle(1);
    assert.ok(process.memoryUsage().external - before < 5_000_000);
    const seen = await rest(slow);
    const again = await server.stream(`/v1/events?after=${after}`, {
      "last-event-id": slow.lastId() ?? "",
    });
    const expected = (await Promise.all(ids.map(log)))
      .flat()
      .map(({ position }) => position)
      .sort((a, b) => a - b);
    while (seen.length < expected.length) seen.push((await again.next())?.id ?? "nothing");
    again.cut();
    assert.deepEqual(seen, at(...expected));
  });
});

describe("waiting", () => {
  it("answers at the end, at a change, at a state", async () => {
    const id = await submit({ times: 3 });
    const known = await server.send("GET", `/v1/tasks/${id}`);
    const wait = (query: string) => server.send("GET", `/v1/tasks/${id}/wait?${query}`);
    const all = Promise.all([
      wait("until=ended"),
      wait("until=change"),
      wait(`until=change&since=${known.body.version}`),
      wait("until=canceling,succeeded"),
      wait("until=paused"),
    ]);
    while (server.push.watch.size < 5) await settle(1);
    assert.equal((await wait("until=change&since=1")).body.met, true);
    await server.clock.advance(1_000);
    for (const { status, body } of await all) assert.deepEqual([status, body.met], [200, true]);
    assert.equal((await all)[0].body.task.state, "succeeded");
    assert.equal((await wait("until=ended")).body.met, true);
    assert.equal(server.push.watch.size, 0);
  });

  it("says so when the time is over", async () => {
    const id = await submit({ times: 100 });
    const waited = server.send("GET", `/v1/tasks/${id}/wait?timeout=1.5`);
    while (server.push.watch.size < 1) await settle(1);
    await server.clock.advance(1_500);
    const { status, body } = await waited;
    assert.deepEqual([status, body.met, body.task.state], [200, false, "running"]);
    for (const query of ["timeout=-1", "timeout=1e9", "until=never", "until=change&since=x"]) {
      assert.equal((await server.send("GET", `/v1/tasks/${id}/wait?${query}`)).status, 400, query);
    }
  });

  it("for many: all, or the first", async () => {
    const quick = await submit({ times: 1 });
    const long = await submit({ times: 5 });
    const any = server.send("GET", `/v1/wait?ids=${quick},${long}&for=any`);
    const all = server.send("GET", `/v1/wait?ids=${quick},${long}`);
    while (server.push.watch.size < 2) await settle(1);
    await server.clock.advance(200);
    const states = ({ body }: { body: { tasks: { state: string }[] } }) =>
      body.tasks.map(({ state }) => state);
    assert.deepEqual(states(await any), ["succeeded", "running"]);
    await server.clock.advance(1_000);
    assert.deepEqual(states(await all), ["succeeded", "succeeded"]);
    assert.equal((await server.send("GET", `/v1/wait?ids=${quick},nobody`)).status, 404);
    assert.equal((await server.send("GET", "/v1/wait")).status, 400);
    const many = Array.from({ length: 101 }, (_, i) => `t${i}`).join(",");
    assert.equal((await server.send("GET", `/v1/wait?ids=${many}`)).status, 400);
  });

  it("holds at most 16 on one connection, answers further pipelined requests, and prints no warning", async () => {
    const id = await submit({ times: 100 });
    const warnings: unknown[] = [];
    const hear = (warning: unknown) => warnings.push(warning);
    process.on("warning", hear);
    const socket = connect(server.port, "127.0.0.1");
    let text = "";
    socket.setEncoding("latin1").on("data", (more: string) => {
      text += more;
    });
    const ask = `GET /v1/tasks/${id}/wait?timeout=30 HTTP/1.1\r\nHost: x\r\n\r\n`;
    socket.write(ask.repeat(20));
    while (server.push.watch.size < 16) await settle(1);
    await settle();
    assert.equal(server.push.watch.size, 16);
    await server.send("POST", `/v1/tasks/${id}/cancel`, { reason: "x" });
    const met = () => [...text.matchAll(/"met":(true|false)/g)].map(([, word]) => word);
    while (met().length < 20) await settle(1);
    assert.deepEqual(
      [met().slice(0, 16), met().slice(16)].map((some) => [...new Set(some)]),
      [["true"], ["false"]],
    );
    socket.destroy();
    process.off("warning", hear);
    assert.deepEqual(warnings, []);
  });

  it("frees a wait when its client leaves", async () => {
    const id = await submit({ times: 100 });
    const client = connect(server.port, "127.0.0.1");
    client.write(`GET /v1/tasks/${id}/wait HTTP/1.1\r\nHost: x\r\n\r\n`);
    while (server.push.watch.size < 1) await settle(1);
    client.destroy();
    while (server.push.watch.size > 0) await settle(1);
    await server.send("POST", `/v1/tasks/${id}/cancel`, { reason: "over" });
  });
});

interface Appended {
  readonly lag: number;
  readonly hole: boolean;
  readonly pause: number;
}

/** A feed over a log in memory. It learns of commits late and out of order. */
class Rehearsal {
  readonly stored: RecordedEvents[] = [];
  readonly seen: number[] = [];
  readonly #feed: Feed;
  readonly #cursor: Cursor;
  readonly #told: (() => void)[][] = [[], [], [], []];
  #position = 0;

  constructor(after: number) {
    const events = async (query: { after: number; limit: number }) =>
      this.stored.filter(({ position }) => position > query.after).slice(0, query.limit);
    const lastPosition = async () => this.stored.at(-1)?.position ?? 0;
    const epoch = { id: "aaaaaaaa", beginsAfter: 0 };
    const isNext = (position: number, next: number) => next === position + 1;
    this.#feed = new Feed({ logEpochs: [epoch], events, lastPosition, isNext } as never);
    this.#cursor = this.#feed.subscribe({
      account: "a",
      after,
      deliver: ({ position }) => {
        this.seen.push(position);
        return position % 7 !== 0;
      },
      ended: () => assert.fail("it was cut"),
    });
  }

  async append({ lag, hole, pause }: Appended): Promise<void> {
    this.#position += hole ? 2 : 1;
    const position = this.#position;
    this.stored.push({ position, account: "a", taskId: "t", firstVersion: 1, events: [] });
    const task = { account: "a", id: "t", version: 0 } as never;
    this.#told[lag]?.push(() => this.#feed.committed(task, [], position));
    for (const tell of this.#told.shift() ?? []) tell();
    this.#told.push([]);
    if (pause === 0) await settle(2);
    if (pause === 1) this.#cursor.ready();
  }

  async until(done: () => boolean): Promise<void> {
    for (const tell of this.#told.flat()) tell();
    while (!done()) {
      await settle(1);
      this.#cursor.ready();
    }
    await settle(3);
  }
}

describe("the feed, with commits reported in any order", () => {
  it("delivers every entry once, in the order of the log", async () => {
    const append = fc.record({ lag: fc.nat(3), hole: fc.boolean(), pause: fc.nat(9) });
    await fc.assert(
      fc.asyncProperty(fc.array(append, { maxLength: 40 }), fc.nat(40), async (appends, from) => {
        const rehearsal = new Rehearsal(from);
        for (const one of appends) await rehearsal.append(one);
        const positions = rehearsal.stored.map(({ position }) => position);
        const expected = positions.filter((position) => position > from);
        await rehearsal.until(() => rehearsal.seen.length >= expected.length);
        assert.deepEqual(rehearsal.seen, expected);
      }),
      { numRuns: 200 },
    );
  });
});
