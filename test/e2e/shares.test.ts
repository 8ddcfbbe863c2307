import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { PreparedSecret } from "../../src/auth/credentials.ts";
import { signAcs3 } from "../../src/auth/sign.ts";
import { jsonFrom } from "../support/command.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import type { SigningKeys } from "../support/signed-http.ts";

/* Capability 1 over real connections: at the limit a documented answer and never a reset, and everything is given back. */

const SHARES = { requests: 10, connections: 40, streams: 5, waits: 5, holds: 5 };

const folder = mkdtempSync(join(tmpdir(), "taskscribe-shares-"));
const data = join(folder, "data");
let server: ServerProcess;
let a: SigningKeys;
let b: SigningKeys;

before(async () => {
  const config = join(folder, "taskscribe.config.mjs");
  const types = join(import.meta.dirname, "../support/every-end.config.ts");
  const accounts = JSON.stringify({ a: SHARES });
  writeFileSync(
    config,
    `import types from ${JSON.stringify(types)};\nexport default { ...types, shares: { accounts: ${accounts} } };`,
  );
  for (const account of ["a", "b"]) {
    await jsonFrom("account", "create", "--account", account, "--data", data);
  }
  a = await jsonFrom<SigningKeys>("key", "create", "--account", "a", "--data", data);
  b = await jsonFrom<SigningKeys>("key", "create", "--account", "b", "--data", data);
  const args = ["--data", data, "--auth", "strict", "--config", config, "--hold", "*=60"];
  // Commits take a while, so that requests are under way for long enough to be seen.
  server = await startServerProcess([...args, "--drain-ms", "0"], {
    "before-commit": "delay:1500",
  });
});

after(async () => {
  await server?.end("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  await until("nothing is left", async () => {
    const used = await usedBy("a");
    return Object.keys(SHARES).every((kind) => used[kind] === 0);
  });
});

interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly body?: string;
  readonly agent?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The bytes of a signed request. */
function signed(keys: SigningKeys, asked: Asked): string {
  const { method = "GET", path, body, agent = "test" } = asked;
  const headers = signAcs3({
    method,
    url: `http://${server.address}${path}`,
    headers: {
      "user-agent": agent,
      ...asked.headers,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body }),
    key: { accessKeyId: keys.accessKeyId, secret: new PreparedSecret(keys.accessKeySecret) },
    dateMs: Date.now(),
    nonce: crypto.randomUUID(),
  });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = body === undefined ? "" : `content-length: ${Buffer.byteLength(body)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}${length}\r\n${body ?? ""}`;
}

interface Client {
  readonly socket: Socket;
  readonly state: { said: string; wasReset: boolean; hasEnded: boolean };
  /** Sends, and resolves with everything that was said once an answer has come. */
  ask(keys: SigningKeys, asked: Asked): Promise<string>;
  send(keys: SigningKeys, asked: Asked): void;
}

const clients: Client[] = [];

/** A connection that collects what the server says on it. */
function client(): Client {
  const [host = "", port = ""] = server.address.split(":");
  const socket = connect({ host, port: Number(port), allowHalfOpen: true });
  const state = { said: "", wasReset: false, hasEnded: false };
  socket.setEncoding("latin1").on("data", (text: string) => {
    state.said += text;
  });
  socket.on("error", () => {
    state.wasReset = true;
  });
  socket.on("end", () => {
    state.hasEnded = true;
  });
  const one: Client = {
    socket,
    state,
    async ask(keys: SigningKeys, asked: Asked): Promise<string> {
      state.said = "";
      socket.write(signed(keys, asked));
      await until("an answer", async () => /^HTTP\/1\.1 \d+/.test(state.said) || state.wasReset);
      assert.equal(state.wasReset, false, "the connection was reset");
      return state.said;
    },
    send: (keys: SigningKeys, asked: Asked) => void socket.write(signed(keys, asked)),
  };
  clients.push(one);
  return one;
}

const many = (number: number) => Array.from({ length: number }, client);
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`it never came: ${what}`);
    await turn();
  }
}

interface Limits {
  readonly accounts: readonly { readonly limits: readonly { kind: string; used: number }[] }[];
}

/** As the operator sees it, who is not counted. */
async function usedBy(account: string): Promise<Record<string, number>> {
  const { operatorToken } = JSON.parse(readFileSync(join(data, "server.json"), "utf8"));
  const response = await fetch(`${server.url}/v1/access/ListLimits`, {
    method: "POST",
    headers: { authorization: `Bearer ${operatorToken}`, "content-type": "application/json" },
    body: JSON.stringify({ account }),
  });
  const { accounts } = (await response.json()) as Limits;
  return Object.fromEntries(accounts[0]?.limits.map(({ kind, used }) => [kind, used]) ?? []);
}

const reaches = (kind: keyof typeof SHARES, number: number) =>
  until(`${number} ${kind}`, async () => (await usedBy("a"))[kind] === number);

/** The other account is served meanwhile. */
async function otherIsServed(): Promise<void> {
  const said = await client().ask(b, { path: "/v1/tasks" });
  assert.match(said, /^HTTP\/1\.1 200 /);
}

const SUBMIT = {
  method: "POST",
  path: "/v1/tasks",
  body: JSON.stringify({ type: "copy", input: { ms: 1 } }),
};
const VENDORS: readonly Asked[] = [
  { path: "/tasks/T-1", headers: { "x-acs-version": "2015-12-15" } },
  {
    method: "POST",
    path: "/?TaskId=i1",
    headers: { "x-acs-action": "DescribeTask", "x-acs-version": "2022-12-15" },
  },
  { path: "/api/v1/tasks/t-1", headers: { "x-acs-version": "2023-08-08" } },
  { path: "/api/v1/tasks/task-1", headers: { "x-acs-version": "2022-08-30" } },
];
const THROTTLED = /^HTTP\/1\.1 4\d\d [\s\S]*"code":"Throttling\.User"/;
let endless: Promise<string> | undefined;

/** A task that stands still. */
function task(): Promise<string> {
  endless ??= (async () => {
    const body = JSON.stringify({ type: "endless", input: {} });
    const one = client();
    await one.ask(a, { method: "POST", path: "/v1/tasks", body });
    await until("the task", async () => one.state.said.includes('"id"'));
    return /"id":"([^"]+)"/.exec(one.state.said)?.[1] ?? "";
  })();
  return endless;
}

/** Takes a whole share with open requests of this kind, is refused one more, and gives everything back in three ways. */
async function fillAndGiveBack(kind: "streams" | "waits", path: string): Promise<void> {
  for (const leave of ["destroy", "end", "resetAndDestroy"] as const) {
    const holders = many(SHARES[kind]);
    for (const holder of holders) holder.send(a, { path });
    await reaches(kind, SHARES[kind]);
    assert.match(await client().ask(a, { path }), THROTTLED);
    await otherIsServed();
    for (const holder of holders) assert.equal(holder.state.wasReset, false);
    // `end` leaves the connection half open: the client sends no more, and does not close it.
    for (const holder of holders) holder.socket[leave]();
    await reaches(kind, 0);
    const again = client();
    again.send(a, { path });
    await reaches(kind, 1);
    again.socket.destroy();
    await reaches(kind, 0);
  }
}

describe("a share of requests", () => {
  it("that is full: further ones are throttled, the others answered, and the other account served", async () => {
    const senders = many(30);
    const answers = await Promise.all(senders.map((sender) => sender.ask(a, SUBMIT)));
    const throttled = answers.filter((answer) => THROTTLED.test(answer));
    const done = answers.filter((answer) => /^HTTP\/1\.1 2\d\d /.test(answer));
    assert.equal(throttled.length + done.length, 30, answers.join("\n"));
    assert.equal(done.length, SHARES.requests);
    await otherIsServed();
    await reaches("requests", 0);
  });

  it("that is full is told in the words of each product", async () => {
    for (const sender of many(SHARES.requests)) sender.send(a, SUBMIT);
    await reaches("requests", SHARES.requests);
    const calls = VENDORS.map((asked) => client().ask(a, asked));
    for (const said of await Promise.all(calls)) {
      assert.match(said, /^HTTP\/1\.1 400 [\s\S]*"[Cc]ode":"Throttling\.User"/);
      assert.match(said, /user flow control/);
    }
    await reaches("requests", 0);
  });

  it("is given back by clients that leave before their answer", async () => {
    const senders = many(SHARES.requests);
    for (const sender of senders) sender.send(a, SUBMIT);
    await reaches("requests", SHARES.requests);
    for (const sender of senders) sender.socket.destroy();
    await reaches("requests", 0);
    assert.match(await client().ask(a, { path: "/v1/tasks" }), /^HTTP\/1\.1 200 /);
  });
});

describe("a share of connections", () => {
  it("that is full: one more is answered and ended, and those that are there go on", async () => {
    const path = "/v1/tasks?limit=1";
    const holders = many(SHARES.connections);
    for (const holder of holders) assert.match(await holder.ask(a, { path }), /^HTTP\/1\.1 200 /);
    await reaches("connections", SHARES.connections);
    const late = client();
    assert.match(await late.ask(a, { path }), THROTTLED);
    assert.match(late.state.said, /connection: close/i);
    await until("its end", async () => late.state.hasEnded);
    assert.equal(late.state.wasReset, false);
    for (const holder of holders) assert.match(await holder.ask(a, { path }), /^HTTP\/1\.1 200 /);
    await otherIsServed();
    for (const { socket } of holders.slice(0, 20)) socket.destroy();
    for (const { socket } of holders.slice(20)) socket.end();
    await reaches("connections", 0);
  });
});

describe("a share of streams", () => {
  it("that is full: one more is throttled; cut, half closed and reset ones give it back", async () => {
    await fillAndGiveBack("streams", `/v1/tasks/${await task()}/events/stream`);
  });
});

describe("a share of waits", () => {
  it("that is full: one more is throttled; cut, half closed and reset ones give it back", async () => {
    await fillAndGiveBack("waits", `/v1/tasks/${await task()}/wait?timeout=60`);
  });
});

describe("a share of held requests", () => {
  it("that is full: one more is answered at once; those that left give it back", async () => {
    const path = `/v1/tasks/${await task()}`;
    const askTwice = async (number: number) => {
      const poller = client();
      const agent = `poller-${number}`;
      assert.match(await poller.ask(a, { path, agent }), /^HTTP\/1\.1 200 /);
      return { poller, agent };
    };
    for (let number = 0; number < SHARES.holds; number++) {
      const { poller, agent } = await askTwice(number);
      poller.send(a, { path, agent });
    }
    await reaches("holds", SHARES.holds);
    assert.equal((await usedBy("a"))["pollers"], SHARES.holds);
    const { poller, agent } = await askTwice(SHARES.holds);
    assert.match(await poller.ask(a, { path, agent }), /^HTTP\/1\.1 200 /);
    await otherIsServed();
    for (const { socket } of clients) socket.destroy();
    await reaches("holds", 0);
  });
});
