import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Batch } from "./batch.ts";
import type { FeedEntry } from "./feed-entry.ts";
import { LogCursors } from "./log-cursors.ts";

const cursors = new LogCursors([{ id: "aaaaaaaa", beginsAfter: 0 }]);

const entry = (position: number): FeedEntry => ({
  position,
  account: "1",
  taskId: "t-1",
  firstVersion: position,
  events: [{ type: "TaskStarted", at: 1 }],
});
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe("entries that are sent together", () => {
  it("are the messages of each, one after the other", () => {
    const data = (position: number) =>
      `id: aaaaaaaa-${position}\ndata: {"position":${position},"taskId":"t-1","firstVersion":${position},"events":[{"type":"TaskStarted","at":1}]}\n\n`;
    const batch = new Batch(cursors).with(entry(1)).with(entry(2));
    assert.equal(text(batch.bytes), data(1) + data(2));
  });

  it("are the same bytes for all clients with the same entries, and only for them", () => {
    const [one, two, three] = [entry(1), entry(2), entry(3)];
    const empty = new Batch(cursors);
    const first = empty.with(one).with(two).with(three);
    assert.equal(empty.with(one).with(two).with(three).bytes, first.bytes);
    const filtered = empty.with(one).with(three);
    assert.equal(text(filtered.bytes).includes("-2\n"), false);
    assert.equal(empty.with(one).bytes, new Batch(cursors).with(one).bytes, "made once an entry");
  });

  it("count their bytes without making them", () => {
    const [one, two] = [entry(1), entry(2)];
    const batch = new Batch(cursors).with(one).with(two);
    assert.equal(new Batch(cursors).size, 0);
    assert.equal(batch.size, batch.bytes.length);
    assert.equal(batch.bytes, batch.bytes, "made once");
  });
});
