// Row 24 of issue 15: no client can delay a stop.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-stop-connections-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** 3 s after the last answer, and what a loaded machine takes besides; it was 10 to 13 s. */
const PROMPT_MS = 6_000;
const CONFIG = join(import.meta.dirname, "../support/every-end.config.ts");

interface Client {
  readonly socket: Socket;
  readonly received: () => string;
}

class Bench {
  readonly server: ServerProcess;
  readonly #ports: Readonly<Record<"plain" | "proxy", number>>;

  private constructor(server: ServerProcess, ports: Bench["ports"]) {
    this.server = server;
    this.#ports = ports;
  }

  static async start(name: string, ...args: readonly string[]): Promise<Bench> {
    const data = join(folder, name);
    const more = ["--config", CONFIG, "--drain-ms", "0", "--proxy-port", "0", ...args];
    const server = await startServerProcess(["--data", data, ...more]);
    const told = JSON.parse(readFileSync(join(data, "server.json"), "utf8"));
    const proxy = Number(new URL(told.proxyUrl).port);
    return new Bench(server, { plain: Number(new URL(told.url).port), proxy });
  }

  get ports() {
    return this.#ports;
  }

  /** A connection on which these bytes were sent, and, unless `silent`, something was answered. */
  async open(bytes: string, { to = "plain", silent = false }: Open = {}): Promise<Client> {
    const socket = connect({ port: this.#ports[to], host: "127.0.0.1" });
    let received = "";
    socket.on("error", () => {});
    socket.setEncoding("latin1").on("data", (text: string) => {
      received += text;
    });
    socket.write(bytes);
    if (silent) await once(socket, "connect");
    else await once(socket, "data");
    return { socket, received: () => received };
  }

  /** Ends the server. @returns after how many ms it had ended */
  async stop(): Promise<number> {
    const began = performance.now();
    assert.equal(await this.server.end("SIGTERM"), 0);
    return performance.now() - began;
  }
}

interface Open {
  readonly to?: "plain" | "proxy";
  readonly silent?: boolean;
}

const ASK = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
const HALF_HEAD = "GET /healthz HTTP/1.1\r\nHost: local";
const HALF_BODY =
  'POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"type":';
const TUNNEL = (port: number) =>
  `CONNECT cs.cn-hangzhou.aliyuncs.com:${port} HTTP/1.1\r\nHost: cs.cn-hangzhou.aliyuncs.com:${port}\r\n\r\n`;
const HANDSHAKE = Buffer.from([22, 3, 1, 2, 0, 1, 0]).toString("latin1");

const KINDS: readonly [string, string, Open, string?][] = [
  ["half a head on a kept connection", ASK, {}, HALF_HEAD],
  ["half a head on a new connection", HALF_HEAD, { silent: true }],
  ["half a body on a kept connection", ASK, {}, HALF_BODY],
  ["half a body on a new connection", HALF_BODY, { silent: true }],
  ["a kept connection on which nothing comes", ASK, {}],
  ["half a request to the proxy", "GET http://cs.cn", { to: "proxy", silent: true }],
  ["a tunnel in which nothing is said", TUNNEL(443), { to: "proxy" }],
  ["half a handshake in a tunnel", TUNNEL(443), { to: "proxy" }, HANDSHAKE],
  ["half a head in a plain tunnel", TUNNEL(80), { to: "proxy" }, HALF_HEAD],
];

describe("a stop ends soon, though there is", () => {
  it("everything of which only a half was sent, or nothing", async () => {
    const bench = await Bench.start("kinds");
    for (const [, bytes, options, then] of KINDS) {
      const { socket } = await bench.open(bytes, options);
      if (then !== undefined) socket.write(then, "latin1");
    }
    await fetch(`http://127.0.0.1:${bench.ports.plain}/healthz`); // what was sent before has arrived
    const tookMs = await bench.stop();
    assert.ok(tookMs < PROMPT_MS, `it took ${Math.round(tookMs)} ms`);
  });

  it("a TLS handshake half done", async () => {
    const bench = await Bench.start("tls", "--tls");
    const { socket } = await bench.open("", { silent: true });
    socket.write(HANDSHAKE, "latin1");
    assert.ok((await bench.stop()) < PROMPT_MS);
  });
});

describe("a stop answers what was asked, says that it was the last answer, and ends, though there is", () => {
  it("a wait, a held poll, a stream, and a reader who does not read", async () => {
    const bench = await Bench.start("answers", "--hold", "*=2");
    const body = JSON.stringify({ type: "endless" });
    const headers = { "content-type": "application/json" };
    const url = `http://127.0.0.1:${bench.ports.plain}`;
    const made = await fetch(`${url}/v1/tasks`, { method: "POST", headers, body });
    const { id } = (await made.json()) as { id: string };
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const wait = await bench.open(get(`/v1/tasks/${id}/wait?timeout=60`), { silent: true });
    const proxied = get(`http://cs.cn-hangzhou.aliyuncs.com/tasks/T-1`).replace(
      "localhost",
      "cs.cn-hangzhou.aliyuncs.com",
    );
    const throughProxy = await bench.open(proxied, { to: "proxy" });
    const stream = await bench.open(
      get(`/v1/tasks/${id}/events`).replace("\r\n\r\n", "\r\nAccept: text/event-stream\r\n\r\n"),
    );
    const deaf = await bench.open(ASK);
    deaf.socket.pause();
    deaf.socket.write(get("/v1/openapi.json").repeat(200));
    await fetch(`${url}/healthz`);
    const ended = once(wait.socket, "close");
    const tookMs = await bench.stop();
    await ended;
    assert.match(wait.received(), /^HTTP\/1\.1 200 /);
    assert.match(wait.received(), /connection: close/i);
    assert.match(throughProxy.received(), /^HTTP\/1\.1 \d/);
    assert.match(stream.received(), /event-stream/);
    assert.ok(tookMs < PROMPT_MS, `it took ${Math.round(tookMs)} ms`);
    deaf.socket.destroy();
  });
});
