import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../../test/support/properties.ts";
import { type Message, readMessages } from "./sse.ts";

const utf8 = new TextEncoder();

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function read(...texts: readonly string[]): Promise<Partial<Message>[]> {
  const messages: Partial<Message>[] = [];
  const stream = streamOf(texts.map((text) => utf8.encode(text)));
  for await (const message of readMessages(stream)) {
    const known = Object.entries(message).filter(([, value]) => value !== undefined);
    messages.push(Object.fromEntries(known));
  }
  return messages;
}

describe("a stream of Server-Sent Events", () => {
  it("is read message by message", async () => {
    const found = await read(
      'retry: 1000\nid: 7\n\nid: 8\ndata: {"a":1}\n\nevent: end\ndata: {}\n\n',
    );
    assert.deepEqual(found, [
      { retryMs: 1000, id: "7" },
      { id: "8", data: '{"a":1}' },
      { event: "end", data: "{}" },
    ]);
  });
  it("may come in any pieces, with letters cut in two", async () => {
    const bytes = utf8.encode(
      "id: 1\ndata: größer 漢字\n\n:\n\nid: 2\r\ndata:b\r\ndata: c\r\n\r\n",
    );
    const expected = await read(new TextDecoder().decode(bytes));
    assert.deepEqual(expected, [
      { id: "1", data: "größer 漢字" },
      { id: "2", data: "b\nc" },
    ]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: bytes.length })), async (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
        const found: unknown[] = [];
        for await (const { id, data } of readMessages(streamOf(chunks))) found.push({ id, data });
        assert.deepEqual(found, expected);
      }),
    );
  });
  it("drops half a message at a cut, and comments", async () => {
    assert.deepEqual(await read(": hello\n\nid: 1\ndata: x\n\nid: 2\ndata: hal"), [
      { id: "1", data: "x" },
    ]);
  });
  it("lets go of the connection when nobody reads on", async () => {
    let canceled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(utf8.encode("id: 1\ndata: x\n\n")),
      cancel: () => {
        canceled = true;
      },
    });
    for await (const { data } of readMessages(stream)) {
      assert.equal(data, "x");
      break;
    }
    assert.ok(canceled);
  });
});
