import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { defineTask } from "../../src/core/define-task.ts";
import { parseHold } from "../../src/dialects/hold.ts";
import { settle } from "../support/fake-clock.ts";
import { startNativeServer } from "../support/native-server.ts";

const types = [
  defineTask({
    type: "cluster_scaleout",
    steps: {
      one: async (_, { sleep }) => void (await sleep(1_000)),
      two: async (_, { sleep }) => void (await sleep(60_000)),
    },
  }),
];

describe("hold", () => {
  let server: Awaited<ReturnType<typeof startNativeServer>>;
  before(async () => {
    server = await startNativeServer(types, {
      settings: { hold: parseHold("ack=2,key:nobody=1", 2_500) },
      product: { name: "ack" },
    });
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.errors, []);
  });

  const submit = async () => {
    const asked = { product: "ack", type: "cluster_scaleout" };
    const { body } = await server.send("POST", "/v1/tasks", asked);
    await settle();
    return String(body.id);
  };
  const poll = (id: string, headers = {}) =>
    server.send("GET", `/tasks/${id}`, undefined, { "x-acs-version": "2015-12-15", ...headers });
  const held = async () => {
    while (server.push.watch.size < 1) await settle(1);
  };

  it("answers the first poll at once, the next when the task changes", async () => {
    const id = await submit();
    assert.equal((await poll(id)).body.current_stage, "one");
    const second = poll(id);
    await held();
    await server.clock.advance(1_000);
    assert.equal((await second).body.current_stage, "two");
    const third = poll(id);
    await held();
    await server.send("POST", `/v1/tasks/${id}/cancel`, { reason: "over" });
    await third;
    await settle();
    const ended = await poll(id);
    assert.equal(ended.body.state, "canceled");
    assert.equal((await poll(id)).body.state, "canceled", "an ended task holds nobody");
  });

  it("answers when the time of the setting is over, never later than the cap", async () => {
    const id = await submit();
    await poll(id);
    const bySetting = poll(id);
    await held();
    await server.clock.advance(999);
    await settle();
    assert.equal(server.push.watch.size, 1);
    await server.clock.advance(1);
    await bySetting; // the step ended
    const idle = poll(id);
    await held();
    await server.clock.advance(2_000);
    assert.equal((await idle).body.current_stage, "two");
    const asked = poll(id, { prefer: "respond-async, wait=30" });
    await held();
    await server.clock.advance(2_499);
    assert.equal(server.push.watch.size, 1);
    await server.clock.advance(1);
    assert.equal((await asked).headers["preference-applied"], "wait=2.5");
    const none = await poll(id, { prefer: "wait=0" });
    assert.equal(none.headers["preference-applied"], undefined);
  });

  it("tells pollers apart by their program", async () => {
    const id = await submit();
    await poll(id, { "user-agent": "a" });
    assert.equal((await poll(id, { "user-agent": "b" })).status, 200);
  });

  it("frees everything when the client leaves", async () => {
    const id = await submit();
    const sent = `GET /tasks/${id} HTTP/1.1\r\nHost: x\r\nx-acs-version: 2015-12-15\r\n\r\n`;
    const client = connect(server.port, "127.0.0.1");
    client.write(sent);
    await new Promise((resolve) => client.once("data", resolve));
    const timers = server.clock.pending;
    client.write(sent);
    await held();
    client.destroy();
    while (server.push.watch.size > 0) await settle(1);
    assert.equal(server.clock.pending, timers);
  });

  it("answers everybody when the server stops", async () => {
    const other = await startNativeServer(types, {
      settings: { hold: parseHold("*=2", 2_500) },
      product: { name: "ack" },
    });
    const asked = { product: "ack", type: "cluster_scaleout" };
    const { body } = await other.send("POST", "/v1/tasks", asked);
    const path = `/tasks/${body.id}`;
    const headers = { "x-acs-version": "2015-12-15" };
    await settle();
    await other.send("GET", path, undefined, headers);
    const waits = [
      other.send("GET", path, undefined, headers),
      other.send("GET", `/v1/tasks/${body.id}/wait`),
    ];
    while (other.push.watch.size < 2) await settle(1);
    const stream = await other.stream("/v1/events");
    const closed = other.close();
    for (const { status } of await Promise.all(waits)) assert.equal(status, 200);
    assert.equal(await stream.next(), undefined);
    await closed;
  });

  it("does not read a setting that means nothing", () => {
    for (const text of ["ack", "ack=", "ack=x", "=2"]) assert.throws(() => parseHold(text, 1));
    assert.deepEqual(
      [...parseHold(" ack=2 , *=0.5", 1).products],
      [
        ["ack", 2_000],
        ["*", 500],
      ],
    );
    assert.deepEqual([...parseHold("key:LTAI1=2", 1).keys], [["LTAI1", 2_000]]);
  });
});
