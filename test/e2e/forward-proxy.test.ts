import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { HTTP_LIMITS } from "../../src/http/limits.ts";
import { mutate, mutations, rubbish } from "../fuzz/mutations.ts";
import { jsonFrom } from "../support/command.ts";
import { MAIN } from "../support/program.ts";
import { fc } from "../support/properties.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "taskscribe proxy ")); // the blank is on purpose
const data = join(folder, "data");
let server: ServerProcess;
let proxy: { readonly host: string; readonly port: number };
let ca: string;

before(async () => {
  server = await startServerProcess(["--data", data, "--speed", "50", "--proxy-port", "0"]);
  const told = JSON.parse(readFileSync(join(data, "server.json"), "utf8"));
  const { hostname: host, port } = new URL(told.proxyUrl);
  proxy = { host, port: Number(port) };
  ca = readFileSync(told.caFile, "utf8");
});

after(async () => {
  assert.equal(await server.end("SIGTERM"), 0);
  rmSync(folder, { recursive: true, force: true });
});

/** Longer than a tunnel in which nothing is said. */
const TIMEOUT_MS = HTTP_LIMITS.handshakeMs + 5_000;

/** Sends bytes, and returns all data until the other side closes. */
function exchange(bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(proxy, () => socket.end(bytes));
    let received = "";
    socket.setEncoding("latin1").on("data", (text: string) => {
      received += text;
    });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no end: ${received}`)));
    socket.on("close", () => resolve(received)).on("error", reject);
  });
}

/** Opens a tunnel to a name. Rejects with the answer of the proxy if it is not 200. */
function tunnel(target: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(proxy, () =>
      socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`),
    );
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error("no answer")));
    socket.once("error", reject);
    socket.once("data", (answer) => {
      if (/^HTTP\/1\.1 200 /.test(answer.toString("latin1"))) resolve(socket.setTimeout(0));
      else socket.destroy(new Error(answer.toString("latin1")));
    });
  });
}

/** One request inside a tunnel, over TLS that is verified against the CA. */
async function get(host: string, path: string, servername = host): Promise<string> {
  const socket = connectTls({ socket: await tunnel(`${host}:443`), servername, ca });
  return new Promise((resolve, reject) => {
    let received = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      received += text;
    });
    socket.on("close", () => resolve(received)).on("error", reject);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  });
}

// The program of a user who does not know Taskscribe: it has a region and no endpoint. It cannot use a name server, so that
// a connection outside the proxy fails and does not leave this machine.
const PROGRAM = `
  require("node:dns").lookup = (name) => { throw new Error("left for " + name); };
  const cs = require("@alicloud/cs20151215");
  const { $OpenApiUtil } = require("@alicloud/openapi-core");
  const config = { accessKeyId: "any", accessKeySecret: "any", regionId: "cn-hangzhou" };
  const client = new cs.default(new $OpenApiUtil.Config(config));
  async function main() {
    const request = new cs.ScaleClusterNodePoolRequest({ count: 1 });
    const started = await client.scaleClusterNodePool(
      "c0000000000000000000000000000da01", "np0000000000000000000000000000da01", request);
    const states = new Set();
    for (;;) {
      const { body } = await client.describeTaskInfo(started.body.taskId);
      states.add(body.state);
      if (body.state !== "running") break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const elsewhere = new cs.default(new $OpenApiUtil.Config({ ...config, endpoint: "ecs.cn-hangzhou.aliyuncs.com" }));
    const refusal = await elsewhere.describeTaskInfo("T-1").catch((error) => error.message);
    console.log(JSON.stringify({ endpoint: client._endpoint, states: [...states], refusal }));
  }
  main().catch((error) => { console.log(JSON.stringify({ error: error.message })); process.exitCode = 1; });
`;

/** Runs the program in a shell that evaluated what `taskscribe env` printed, and whatever is said besides. */
async function runProgram(besides = ""): Promise<Record<string, unknown>> {
  const env = execFileSync(process.execPath, [MAIN, "env", "--client", "node", "--data", data], {
    cwd: root,
    encoding: "utf8",
  });
  const script = `eval "$SETTINGS"\n${besides}\nexec "$NODE" -e "$PROGRAM"`;
  const child = spawn("sh", ["-c", script], {
    cwd: root,
    env: { PATH: process.env["PATH"], SETTINGS: env, NODE: process.execPath, PROGRAM },
    stdio: ["ignore", "pipe", "inherit"],
    timeout: 60_000,
  });
  let output = "";
  for await (const chunk of child.stdout) output += chunk;
  return JSON.parse(output);
}

describe("the unmodified @alicloud/cs20151215 without an endpoint", () => {
  it("starts a task at cs.cn-hangzhou.aliyuncs.com and polls it to success, and reaches no other host", async () => {
    const { endpoint, states, refusal, error } = await runProgram();
    assert.equal(error, undefined);
    assert.equal(endpoint, "cs.cn-hangzhou.aliyuncs.com");
    assert.deepEqual(states, ["running", "success"]);
    assert.match(String(refusal), /refused ecs\.cn-hangzhou\.aliyuncs\.com:443 with 403/);
  });

  it("does not trust the proxy without the CA", async () => {
    const { error } = await runProgram("unset NODE_EXTRA_CA_CERTS");
    assert.match(String(error), /unable to verify the first certificate/);
  });
});

describe("a tunnel", () => {
  const products = {
    "cs.cn-beijing.aliyuncs.com": "the task T-1 not found",
    "cs-anony-vpc.cn-hangzhou.aliyuncs.com": "the task T-1 not found",
    "bdrc.cn-hangzhou.aliyuncs.com": "InvalidTask.NotFound",
    "cloudcontrol.aliyuncs.com": "NotFound",
  };
  for (const [host, expected] of Object.entries(products)) {
    it(`leads to the product of ${host}`, async () => {
      const path = host.startsWith("cs") ? "/tasks/T-1" : "/api/v1/tasks/unknown";
      const answer = await get(host, path);
      assert.match(answer, new RegExp(expected));
      assert.match(answer, /^HTTP\/1\.1 4\d\d /);
    });
  }

  it("leads to the only path of Lingjun", async () => {
    const answer = await get(
      "eflo-controller.cn-wulanchabu.aliyuncs.com",
      "/?Action=DescribeTask&Version=2022-12-15&TaskId=i1&Format=JSON",
    );
    assert.match(answer, /"HostId":"eflo-controller\.cn-wulanchabu\.aliyuncs\.com"/);
  });

  it("carries a handshake that came along with the CONNECT", async () => {
    const socket = connect(proxy);
    let head = "CONNECT cs.aliyuncs.com:443 HTTP/1.1\r\nHost: cs.aliyuncs.com\r\n\r\n";
    const impatient = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        socket.write(Buffer.concat([Buffer.from(head), chunk]), done); // both in one piece
        head = "";
      },
    });
    let answered = false;
    socket.on("data", (chunk: Buffer) => {
      impatient.push(answered ? chunk : chunk.subarray(chunk.indexOf("\r\n\r\n") + 4));
      answered = true;
    });
    const secure = connectTls({ socket: impatient, servername: "cs.aliyuncs.com", ca });
    await once(secure, "secureConnect");
    secure.write("GET /tasks/T-1 HTTP/1.1\r\nHost: cs.aliyuncs.com\r\n\r\n");
    const [answer] = await once(secure, "data");
    assert.match(String(answer), /^HTTP\/1\.1 400 /);
    socket.destroy();
  });

  it("to port 80 is plain HTTP", async () => {
    const socket = await tunnel("cs.aliyuncs.com:80");
    const answer = await new Promise<string>((resolve, reject) => {
      let text = "";
      socket.on("data", (chunk: Buffer) => {
        text += chunk;
      });
      socket.on("close", () => resolve(text)).on("error", reject);
      socket.write("GET /tasks/T-1 HTTP/1.1\r\nHost: cs.aliyuncs.com\r\nConnection: close\r\n\r\n");
    });
    assert.match(answer, /the task T-1 not found/);
  });

  it("shows the certificate of no other name", async () => {
    await assert.rejects(get("cs.aliyuncs.com", "/tasks/T-1", "example.com"), {
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });
});

describe("a refusal", () => {
  const targets = [
    "example.com:443",
    "ecs.cn-hangzhou.aliyuncs.com:443",
    "cs.aliyuncs.com:22",
    "127.0.0.1:443",
    "localhost:443",
    "169.254.169.254:80",
    "cs.aliyuncs.com.example.com:443",
    "100.100.100.200:80",
  ];
  for (const target of targets) {
    it(`names ${target}`, async () => {
      const answer = await exchange(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
      const [head = "", body = ""] = answer.split("\r\n\r\n");
      assert.match(head, /^HTTP\/1\.1 403 Forbidden\r\n/);
      const { Code, HostId, Message } = JSON.parse(body);
      assert.equal(Code, "Forbidden.ProxyHost");
      assert.equal(HostId, target.split(":")[0]);
      assert.match(Message, new RegExp(`was asked for ${target.replaceAll(".", "\\.")}`));
    });
  }

  it("is in the audit, with the caller and the target", async () => {
    await exchange("CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n");
    const { entries } = await jsonFrom<{ entries: Record<string, unknown>[] }>(
      "audit",
      "list",
      "--data",
      data,
    );
    const entry = entries.find(({ action }) => action === "taskscribe:ForwardProxy");
    const { source, outcome, status, code, reason, resource, requestId } = entry ?? {};
    assert.deepEqual(
      [source, outcome, status, code, reason],
      ["127.0.0.1", "refused", 403, "Forbidden.ProxyHost", "host-not-served"],
    );
    assert.match(String(resource), /^[\w.-]+:\d+$/); // the first of the alike ones of its second
    assert.match(String(requestId), /^[0-9A-F-]{36}$/);
  });

  it("of a plain request has the same shape", async () => {
    const answer = await exchange("GET http://example.com/x HTTP/1.1\r\nHost: example.com\r\n\r\n");
    assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n/);
    assert.match(answer, /"Code":"Forbidden.ProxyHost"/);
  });
});

describe("a plain request through the proxy", () => {
  it("is answered like any other", async () => {
    const answer = await exchange(
      "GET http://cs.aliyuncs.com/tasks/T-1 HTTP/1.1\r\nHost: cs.aliyuncs.com\r\nConnection: close\r\n\r\n",
    );
    assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
    assert.match(answer, /"message":"the task T-1 not found"/);
  });

  it("with another Host is refused", async () => {
    const answer = await exchange(
      "GET http://cs.aliyuncs.com/tasks/T-1 HTTP/1.1\r\nHost: bdrc.aliyuncs.com\r\n\r\n",
    );
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.match(answer, /"Code":"InvalidRequest"/);
  });
});

describe("what is malformed", () => {
  const requests = {
    "a target without a port": "CONNECT cs.aliyuncs.com HTTP/1.1\r\nHost: x\r\n\r\n",
    "an empty target": "CONNECT  HTTP/1.1\r\nHost: x\r\n\r\n",
    "a URL as a target": "CONNECT https://cs.aliyuncs.com/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "a port that is none": "CONNECT cs.aliyuncs.com:99999 HTTP/1.1\r\nHost: x\r\n\r\n",
    "no HTTP at all": "\u0000\u0001\u0002rubbish\r\n\r\n",
    "a TLS handshake": Buffer.from([0x16, 0x03, 0x01, 0x00, 0x02, 0x01, 0x00]),
    "a SOCKS greeting": Buffer.from([5, 1, 0]),
    "a header that is too long": `CONNECT cs.aliyuncs.com:443 HTTP/1.1\r\nHost: ${"x".repeat(40_000)}\r\n\r\n`,
    "an origin form": "GET / HTTP/1.1\r\nHost: cs.aliyuncs.com\r\n\r\n",
    "a half request": "CONNECT cs.aliy",
    "a body with two lengths":
      "CONNECT cs.aliyuncs.com:443 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
  };
  for (const [name, bytes] of Object.entries(requests)) {
    it(`${name} is refused or cut, and the next one is served`, async () => {
      assert.match(await exchange(bytes), /^(?:HTTP\/1\.1 4\d\d |$)/);
      assert.match(await get("cs.aliyuncs.com", "/tasks/T-1"), /the task T-1 not found/);
    });
  }

  it("a client that resets inside a tunnel does not affect others", async () => {
    for (let i = 0; i < 20; i++) (await tunnel("cs.aliyuncs.com:443")).resetAndDestroy();
    assert.match(await get("cs.aliyuncs.com", "/tasks/T-1"), /the task T-1 not found/);
  });
});

describe("what is random", () => {
  it("is refused or disconnected, and others are not affected", async () => {
    const connects = fc
      .tuple(
        fc.constantFrom("cs.aliyuncs.com:443", "cs.aliyuncs.com:80", "example.com:443"),
        mutations,
      )
      .map(([target, changes]) => {
        const request = `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`;
        return mutate(Buffer.from(request), changes);
      });
    const property = fc.asyncProperty(fc.oneof(connects, rubbish), async (bytes) => {
      // Still a good one: a tunnel in which nothing is said, which lasts as long as a handshake may.
      fc.pre(!/^CONNECT cs\.aliyuncs\.com:\d+ HTTP\/1\.1\r\n/.test(bytes.toString("latin1")));
      assert.match(await exchange(bytes), /^(?:HTTP\/1\.1 [24]\d\d |$)/);
    });
    await fc.assert(property, { numRuns: 300, endOnFailure: true });
    assert.match(await get("cs.aliyuncs.com", "/tasks/T-1"), /the task T-1 not found/);
    assert.equal(server.errors(), "");
  });
});

describe("a slow client", () => {
  /** The lifetime of a connection that receives single bytes with pauses. */
  async function lifetime(socket: Socket, byte: string): Promise<number> {
    const began = Date.now();
    socket.on("error", () => {});
    socket.resume();
    while (!socket.closed && Date.now() - began < 40_000) {
      if (socket.writable) socket.write(byte);
      await sleep(250);
    }
    return Date.now() - began;
  }

  it("is cut: in the request, before the handshake, in it, and behind it", async () => {
    const request = connect(proxy);
    request.write("CONNECT cs.aliyuncs.com:443 HTTP/1.1\r\nX-Slow: ");
    const silent = await tunnel("cs.aliyuncs.com:443");
    const handshake = await tunnel("cs.aliyuncs.com:443");
    handshake.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc]));
    const plain = await tunnel("cs.aliyuncs.com:80");
    plain.write("GET / HTTP/1.1\r\nX-Slow: ");
    const [inRequest, before, inHandshake, behind] = await Promise.all([
      lifetime(request, "x"),
      lifetime(silent, ""),
      lifetime(handshake, "\u0003"),
      lifetime(plain, "x"),
    ]);
    const slack = HTTP_LIMITS.checkMs + 4_000;
    assert.ok(inRequest < HTTP_LIMITS.headersMs + slack, `${inRequest} ms`);
    assert.ok(before < HTTP_LIMITS.handshakeMs + slack, `${before} ms`);
    assert.ok(inHandshake < HTTP_LIMITS.handshakeMs + slack, `${inHandshake} ms`);
    assert.ok(behind < HTTP_LIMITS.headersMs + slack, `${behind} ms`);
  });
});

describe("a CONNECT behind a request that has no answer yet", () => {
  it("opens no tunnel that would receive the answer", async () => {
    const get = "GET http://cs.aliyuncs.com/tasks/T-1 HTTP/1.1\r\nHost: cs.aliyuncs.com\r\n\r\n";
    const answer = await exchange(`${get}CONNECT cs.aliyuncs.com:443 HTTP/1.1\r\nHost: x\r\n\r\n`);
    // Either the answer was there already, or the connection was closed without one.
    assert.match(answer, /^$|^HTTP\/1\.1 400 .*not found/s);
    assert.doesNotMatch(answer, /^HTTP\/1\.1 200 .*HTTP\/1\.1 400/s);
  });
});

describe("beyond this machine", () => {
  it("is refused without --insecure", async () => {
    const elsewhere = ["--host", "0.0.0.0", "--data", join(folder, "other"), "--proxy-port", "0"];
    await assert.rejects(
      startServerProcess(elsewhere),
      /0\.0\.0\.0 is not this machine alone.*--insecure/s,
    );
  });
});
