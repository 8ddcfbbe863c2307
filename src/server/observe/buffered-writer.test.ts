import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { BufferedWriter } from "./buffered-writer.ts";

type Done = (error: NodeJS.ErrnoException | null, written: number) => void;

/** A descriptor whose writes end when the test says so. */
class Descriptor {
  text = "";
  lost: number[] = [];
  #under: { readonly bytes: Uint8Array; readonly done: Done } | undefined;

  readonly pieces = new BufferedWriter({
    write: (bytes, done) => {
      assert.equal(this.#under, undefined, "one write at a time");
      this.#under = { bytes, done };
    },
    lost: (bytes) => this.lost.push(bytes),
  });

  get writing(): boolean {
    return this.#under !== undefined;
  }

  /** The write under way ends; by default all of it was written. */
  take(most = Number.POSITIVE_INFINITY): void {
    assert.ok(this.#under, "something is being written");
    const { bytes, done } = this.#under;
    this.#under = undefined;
    const written = Math.min(most, bytes.length);
    this.text += Buffer.from(bytes.subarray(0, written)).toString("latin1");
    done(null, written);
  }

  fail(code: string): void {
    const under = this.#under;
    this.#under = undefined;
    under?.done(Object.assign(new Error(code), { code }), 0);
  }
}

const KILOBYTE = `${"x".repeat(1_023)}\n`;

describe("lines in pieces", () => {
  let descriptor: Descriptor;
  beforeEach(() => {
    mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
    descriptor = new Descriptor();
  });
  afterEach(() => mock.timers.reset());

  it("wait for others for half a second", () => {
    descriptor.pieces.add("a\n");
    descriptor.pieces.add("b\n");
    assert.ok(!descriptor.writing);
    mock.timers.tick(500);
    descriptor.take();
    assert.equal(descriptor.text, "a\nb\n");
    mock.timers.tick(500);
    assert.ok(!descriptor.writing, "nothing is written twice");
  });

  it("go at once when there are many, in order, one write after the other", () => {
    const lines = Array.from({ length: 200 }, (_, place) => `${place}${KILOBYTE}`);
    for (const line of lines) descriptor.pieces.add(line);
    mock.timers.tick(500);
    while (descriptor.writing) descriptor.take(40_000);
    assert.equal(descriptor.text, lines.join(""));
  });

  it("are tried again when there was no room", () => {
    descriptor.pieces.add("a\n");
    mock.timers.tick(500);
    descriptor.fail("EAGAIN");
    assert.ok(!descriptor.writing);
    mock.timers.tick(50);
    descriptor.take();
    assert.equal(descriptor.text, "a\n");
    assert.deepEqual(descriptor.lost, []);
  });

  it("are lost when they cannot be written, which is told with the first that can", () => {
    descriptor.pieces.add("lost\n");
    mock.timers.tick(500);
    descriptor.fail("ENOSPC");
    descriptor.pieces.add("kept\n");
    mock.timers.tick(500);
    assert.deepEqual(descriptor.lost, []);
    descriptor.take();
    assert.equal(descriptor.text, "kept\n");
    assert.deepEqual(descriptor.lost, [5]);
  });

  it("are lost beyond 4 MiB that nobody reads", () => {
    for (let line = 0; line < 6_000; line++) descriptor.pieces.add(KILOBYTE);
    while (descriptor.writing) descriptor.take();
    const kept = descriptor.text.length;
    assert.ok(kept > 4_000_000 && kept <= 4 * 1024 * 1024, `${kept} bytes`);
    const lost = descriptor.lost.reduce((sum, bytes) => sum + bytes, 0);
    const waiting = 6_000 * 1_024 - kept - lost;
    assert.ok(waiting >= 0 && waiting <= 65_536, `${waiting} bytes wait`);
  });

  it("are written before it closes", async () => {
    descriptor.pieces.add("last\n");
    const closed = descriptor.pieces.close();
    descriptor.take();
    await closed;
    assert.equal(descriptor.text, "last\n");
  });

  it("hold the end up for a second at most", async () => {
    descriptor.pieces.add("last\n");
    const closed = descriptor.pieces.close();
    mock.timers.tick(1_000);
    await closed;
    assert.equal(descriptor.text, "");
  });
});
