import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Pipelined } from "./pipelined.ts";

describe("a connection that sends request after request", () => {
  it("rests for a turn after each 64 of them", async () => {
    const [pipelined, socket] = [new Pipelined(), new PassThrough().resume()];
    for (let request = 0; request < 64; request++) pipelined.begun(socket);
    assert.equal(socket.isPaused(), false);
    pipelined.begun(socket);
    assert.equal(socket.isPaused(), true);
    await nextTurn();
    assert.equal(socket.isPaused(), false);
  });

  it("does not rest if others come in between", () => {
    const [pipelined, one, other] = [
      new Pipelined(),
      new PassThrough().resume(),
      new PassThrough(),
    ];
    for (let request = 0; request < 200; request++)
      pipelined.begun(request % 50 < 49 ? one : other);
    assert.equal(one.isPaused(), false);
  });

  it("stays paused if its answers are not taken", async () => {
    const [pipelined, socket] = [new Pipelined(), new PassThrough().pause()];
    Object.assign(socket, { _paused: true }); // as Node notes it
    for (let request = 0; request < 100; request++) pipelined.begun(socket);
    await nextTurn();
    assert.equal(socket.isPaused(), true);
  });
});
