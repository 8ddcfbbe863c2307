import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { defineTask } from "../../src/core/define-task.ts";
import { settle } from "../support/fake-clock.ts";
import { startNativeServer } from "../support/native-server.ts";

/* Row 30 of issue 14: positions of the log come twice after a restore. */

const types = [
  defineTask({ type: "quick", steps: { only: async () => undefined } }),
  defineTask({ type: "never", steps: { only: () => new Promise(() => undefined) } }),
];

let server: Awaited<ReturnType<typeof startNativeServer>>;
let id: string;
before(async () => {
  server = await startNativeServer(types);
  id = await submit();
});
after(async () => {
  await server.close();
  assert.deepEqual(server.errors, []);
});

async function submit(type = "quick"): Promise<string> {
  const { body } = await server.send("POST", "/v1/tasks", { type });
  await settle();
  return body.id;
}

const foreign = "0lderlog-2";
const present = (position: number) => server.push.feed.cursors.at(position);

/** Reads a stream that ends with its first event. */
async function onlyEvent(path: string, headers: Record<string, string> = {}) {
  const stream = await server.stream(path, headers);
  assert.equal(stream.status, 200);
  const first = await stream.next();
  assert.equal(await stream.next(), undefined, "then the stream ends");
  return first;
}

describe("row 30: a cursor of another log", () => {
  it("gets an event that says so on a stream, with where to begin, and no id", async () => {
    for (const path of ["/v1/events", `/v1/tasks/${id}/events/stream`]) {
      for (const event of [
        await onlyEvent(path, { "last-event-id": foreign }),
        await onlyEvent(`${path}?after=${foreign}`),
      ]) {
        assert.equal(event?.event, "reset", path);
        assert.equal(event.id, undefined, "who does not know the event goes on from no new place");
        assert.equal(event.data.code, "CursorOutdated");
        assert.match(event.data.message, /is "0lderlog-2", which is outdated: .*; begin anew/);
        assert.equal(event.data.next, present(0));
      }
    }
    const stream = await server.stream(`/v1/tasks/${id}/events/stream?after=${present(0)}`);
    assert.equal((await stream.next())?.data.events[0].type, "TaskSubmitted");
    stream.cut();
  });

  it("is refused with 410 and its code in requests", async () => {
    for (const path of [`/v1/tasks/${id}/events`]) {
      const { status, body } = await server.send("GET", `${path}?after=${foreign}`);
      assert.deepEqual([status, body.error.code], [410, "CursorOutdated"]);
      const { facts, retryable } = body.error;
      const next = present(0);
      assert.deepEqual([facts, retryable], [{ parameter: "after", found: foreign, next }, false]);
      assert.equal((await server.send("GET", `${path}?after=${next}`)).status, 200);
    }
  });

  it("counts as one that is behind the end of the log: the files were put back by hand", async () => {
    const end = await server.push.feed.last();
    const event = await onlyEvent("/v1/events", { "last-event-id": present(end + 1) });
    assert.deepEqual([event?.event, event?.data.next], ["reset", present(end)]);
    const { status, body } = await server.send(
      "GET",
      `/v1/tasks/${id}/events?after=${present(end + 1)}`,
    );
    assert.deepEqual([status, body.error.facts.next], [410, present(end)]);
    const made = server.send("POST", "/v1/tasks", { type: "quick" });
    const stream = await server.stream(`/v1/events?after=${event?.data.next}`);
    assert.equal((await stream.next())?.data.taskId, (await made).body.id, "and nothing is missed");
    stream.cut();
  });

  it("is none if it is a position alone, as clients had it before: it is refused, not guessed", async () => {
    for (const cursor of ["1", "007", "-1", "x", "1e2", `${foreign}x`]) {
      for (const path of ["/v1/events", `/v1/tasks/${id}/events`]) {
        const { status, body } = await server.send("GET", `${path}?after=${cursor}`);
        assert.deepEqual([status, body.error?.code], [400, "InvalidParameter"], cursor);
        assert.match(body.error.message, /parameter after is .*; give a cursor/);
      }
      const headers = { "last-event-id": cursor };
      const { status, body } = await server.send("GET", "/v1/events", undefined, headers);
      assert.deepEqual([status, body.error?.facts.parameter], [400, "Last-Event-ID"], cursor);
    }
    const all = await server.stream("/v1/events?after=0");
    assert.equal((await all.next())?.data.taskId, id, "0 is the beginning of every log");
    all.cut();
  });
});

describe("row 30: a wait that knows a version of before a restore", () => {
  it("is answered at once, as a change", async () => {
    const task = await submit("never");
    const { version } = (await server.send("GET", `/v1/tasks/${task}`)).body;
    const path = `/v1/tasks/${task}/wait?until=change&timeout=1&since=`;
    const met = async (since: number) => (await server.send("GET", path + since)).body.met;
    assert.deepEqual([await met(version - 1), await met(version + 7)], [true, true]);
    const same = met(version);
    while (server.push.watch.size < 1) await settle(1);
    await server.clock.advance(1_000);
    assert.equal(await same, false);
    await server.send("POST", `/v1/tasks/${task}/cancel`, { reason: "over" });
  });
});
