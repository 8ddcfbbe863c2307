import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, describe, it } from "node:test";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { HTTP_LIMITS } from "../limits.ts";
import { Connections } from "./connections.ts";

const ASK = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const LARGE = "x".repeat(8_000_000);

let server: Server;
afterEach(() => void server.closeAllConnections());

async function bench(answer: RequestListener) {
  const clock = new FakeClock();
  const connections = new Connections(clock);
  server = createServer((request, response) => {
    connections.begun(request.socket, response);
    answer(request, response);
  });
  server.on("connection", (socket) => connections.opened(socket));
  connections.belongTo(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const client = async (bytes: string) => {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    socket.write(bytes);
    await once(socket, "connect");
    return socket;
  };
  const stop = () => {
    server.close();
    return connections.close(server);
  };
  return { clock, client, stop };
}

async function textOf(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("latin1").on("data", (part: string) => {
    text += part;
  });
  await once(socket, "close");
  return text;
}

describe("a stop (row 24 of issue 15)", () => {
  it("waits for an answer that is made, which says that it is the last", async () => {
    const asked = Promise.withResolvers<() => void>();
    const { clock, client, stop } = await bench((_, response) => {
      asked.resolve(() => void response.end("done"));
    });
    const text = textOf(await client(ASK));
    const answer = await asked.promise;
    const stopped = stop();
    await clock.advance(HTTP_LIMITS.lingerMs * 2);
    answer();
    assert.match(await text, /connection: close\r\n.*done$/is);
    await clock.advance(HTTP_LIMITS.lingerMs);
    await stopped;
  });

  it("cuts off nothing of an answer that is still being sent to a slow reader", async () => {
    const made = Promise.withResolvers<void>();
    const { clock, client, stop } = await bench((_, response) => {
      response.end(LARGE);
      made.resolve();
    });
    const socket = (await client(ASK)).pause();
    await made.promise;
    const stopped = stop();
    await clock.advance(HTTP_LIMITS.lingerMs / 2);
    const text = textOf(socket);
    socket.resume();
    while (socket.bytesRead < LARGE.length) await once(socket, "data");
    await clock.advance(HTTP_LIMITS.lingerMs / 2 - 1);
    assert.equal((await text).split("\r\n\r\n")[1]?.length, LARGE.length);
    await stopped;
  });

  it("waits for a part of a request no longer than a little after the last answer", async () => {
    const heard = Promise.withResolvers<void>();
    const { clock, client, stop } = await bench((_, response) => {
      response.end("done");
      heard.resolve();
    });
    const socket = await client(`${ASK}GET /half`);
    const text = textOf(socket);
    await heard.promise;
    const stopped = stop();
    await clock.advance(HTTP_LIMITS.lingerMs + 100);
    await stopped;
    assert.match(await text, /done$/);
    assert.ok(clock.monotonic() <= HTTP_LIMITS.lingerMs + 100);
  });

  it("gives up an answer that takes too long", async () => {
    const asked = Promise.withResolvers<void>();
    const { clock, client, stop } = await bench(() => asked.resolve());
    const text = textOf(await client(ASK));
    await asked.promise;
    const stopped = stop();
    await clock.advance(HTTP_LIMITS.closeMs + 100);
    await stopped;
    assert.equal(await text, "");
  });
});
