import assert from "node:assert/strict";
import { request } from "node:http";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { BudgetMeter } from "../../src/budget-meter.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

describe("bounds of requests and connections that are set", () => {
  const meter = new BudgetMeter({
    bodyBytes: 3_072,
    readBodyBytes: 2_048,
    headerBytes: 2_000,
    connections: 2,
  });
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ meter });
  });
  after(() => server.close());

  const reached = (name: string) =>
    meter.readings().find((reading) => reading.name === name)?.reached;
  const send = (method: string, path: string, bytes: number) =>
    server.send({
      method,
      path,
      headers: { "content-type": "application/json" },
      body: "x".repeat(bytes),
    });

  it("refuse a larger body with the bound, and count it", async () => {
    const { status, text } = await send("POST", "/v1/tasks", 3_073);
    assert.equal(status, 413);
    assert.match(text, /give at most 3 KB/);
    assert.equal(reached("bodyBytes"), 1);
  });

  it("refuse a smaller one where the operation starts nothing", async () => {
    const { status, text } = await send("POST", "/v1/tasks/t-1/cancel", 2_049);
    assert.equal(status, 413);
    assert.match(text, /for this operation; give at most 2 KB/);
    assert.equal(reached("readBodyBytes"), 1);
  });

  it("refuse a longer head, and count it", async () => {
    const sent = { method: "GET", path: "/v1/tasks", headers: { "x-long": "x".repeat(2_000) } };
    assert.equal((await server.send(sent)).status, 431);
    assert.equal(reached("headerBytes"), 1);
  });

  it("close one connection too many, and tell how many there are", async () => {
    const open = [0, 1].map(() => connect(server.port, "127.0.0.1"));
    await Promise.all(open.map((socket) => new Promise((done) => socket.once("connect", done))));
    while (meter.readings().find(({ name }) => name === "connections")?.used !== 2) {
      await new Promise(setImmediate);
    }
    const third = request({ port: server.port, host: "127.0.0.1", agent: false });
    const closed = new Promise((done) => third.once("error", done));
    third.end();
    await closed;
    assert.equal(reached("connections"), 1);
    for (const socket of open) socket.destroy();
  });
});
