import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { HTTP_LIMITS } from "../../src/http/limits.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { answersIn, exchange, openSocket, type RawAnswer } from "./raw-socket.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-raw-"));
let server: ServerProcess;
let port: number;

before(async () => {
  server = await startServerProcess(["--data", join(folder, "data"), "--speed", "50"]);
  port = Number(new URL(server.url).port);
});

after(async () => {
  assert.equal(await server.end("SIGTERM"), 0);
  assert.equal(server.errors(), "", "nothing that was sent is worth an error");
  rmSync(folder, { recursive: true, force: true });
});

const HOST = "Host: cs.cn-hangzhou.aliyuncs.com\r\n";
const NODE_POOL =
  "/clusters/c0000000000000000000000000000da01/nodepools/np0000000000000000000000000000da01";
const GET = `GET /tasks/T-1 HTTP/1.1\r\n${HOST}`;
const POST = `POST ${NODE_POOL} HTTP/1.1\r\n${HOST}`;

/** Reads the only answer. */
async function answerTo(bytes: string | Buffer): Promise<RawAnswer> {
  const [answer, ...more] = await exchange(port, bytes);
  assert.ok(answer, "an answer");
  assert.deepEqual(more, []);
  return answer;
}

/** The form of the gateway, which answers all requests that belong to no product. */
function isGatewayRefusal({ status, headers, body }: RawAnswer, code: string, expected = 400) {
  assert.equal(status, expected, body);
  assert.equal(headers["content-type"], "application/json;charset=utf-8");
  const answer = JSON.parse(body);
  assert.deepEqual(Object.keys(answer), ["RequestId", "HostId", "Code", "Message", "Recommend"]);
  assert.equal(answer.Code, code);
  assert.equal(answer.RequestId, headers["x-acs-request-id"]);
}

describe("requests that two readers could read in two ways", () => {
  const ambiguous = {
    "both lengths": `${POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    "both lengths the other way round": `${POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`,
    "two lengths": `${POST}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde`,
    "the same length twice": `${POST}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`,
    "a list of lengths": `${POST}Content-Length: 2, 2\r\n\r\n{}`,
    "a negative length": `${POST}Content-Length: -1\r\n\r\n`,
    "a length with a sign": `${POST}Content-Length: +2\r\n\r\n{}`,
    "a length in hex": `${POST}Content-Length: 0x2\r\n\r\n{}`,
    "a length beyond all numbers": `${POST}Content-Length: 99999999999999999999999\r\n\r\n`,
    "a coding before the chunks": `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    "a coding after the chunks": `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    "a coding nobody knows": `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    "two codings": `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
    "a blank before the colon": `${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
    "a tab before the coding's name": `${POST}\tTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    "chunks in HTTP/1.0": `POST ${NODE_POOL} HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    "a chunk whose size is none": `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n`,
    "a chunk whose size is beyond all numbers": `${POST}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n`,
    "a chunk longer than its size": `${POST}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n`,
    "a chunk with an endless extension": `${POST}Transfer-Encoding: chunked\r\n\r\n2;a=${"b".repeat(100_000)}\r\n{}\r\n0\r\n\r\n`,
    "two hosts": `${GET}Host: bdrc.aliyuncs.com\r\n\r\n`,
    "no host": "GET /tasks/T-1 HTTP/1.1\r\n\r\n",
    "an address of another host": `GET http://bdrc.aliyuncs.com/tasks/T-1 HTTP/1.1\r\n${HOST}\r\n`,
    "a folded header": `${GET}X-A: 1\r\n 2\r\n\r\n`,
    "bare line feeds": "GET /tasks/T-1 HTTP/1.1\nHost: x\n\n",
    "bare carriage returns": "GET /tasks/T-1 HTTP/1.1\rHost: x\r\r",
    "a zero byte in a header": `${GET}X-A: a\u0000b\r\n\r\n`,
    "a zero byte in a header's name": `${GET}X-\u0000A: b\r\n\r\n`,
    "a header without a name": `${GET}: b\r\n\r\n`,
    "a header without a colon": `${GET}Authorization\r\n\r\n`,
    "no version": "GET /tasks/T-1\r\n\r\n",
    "another version": `GET / HTTP/3.7\r\n${HOST}\r\n`,
    "the beginning of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a method nobody knows": `FOO /tasks/T-1 HTTP/1.1\r\n${HOST}\r\n`,
    "bytes above ASCII in the path": Buffer.from(
      `GET /tasks/\xff\xfe HTTP/1.1\r\n${HOST}\r\n`,
      "latin1",
    ),
    "a TLS handshake": Buffer.from([
      0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03,
    ]),
  };
  for (const [name, bytes] of Object.entries(ambiguous)) {
    it(`${name}: refused, and what follows is not read`, async () => {
      const smuggled = `${GET}X-Smuggled: 1\r\n\r\n`;
      const answer = await answerTo(Buffer.concat([Buffer.from(bytes), Buffer.from(smuggled)]));
      isGatewayRefusal(answer, "InvalidRequest");
      assert.equal(answer.headers["connection"], "close");
    });
  }
});

describe("rare but valid requests", () => {
  const fine = {
    "HTTP/1.0": "GET /tasks/T-1 HTTP/1.0\r\n\r\n",
    "HTTP/1.0 that stays": `GET /tasks/T-1 HTTP/1.0\r\nConnection: keep-alive\r\n${HOST}\r\n`,
    "a whole address": `GET http://cs.cn-hangzhou.aliyuncs.com/tasks/T-1 HTTP/1.1\r\n${HOST}\r\n`,
    "a whole address in capitals": `GET HTTP://CS.cn-hangzhou.aliyuncs.com/tasks/T-1 HTTP/1.1\r\n${HOST}\r\n`,
    "two blanks in the first line": `GET  /tasks/T-1 HTTP/1.1\r\n${HOST}\r\n`,
    "empty lines first": `\r\n\r\n${GET}\r\n`,
    "an empty body in chunks": `${GET}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    "an upgrade nobody offers": `${GET}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n\r\n`,
    "a hundred headers": `${GET}${Array.from({ length: 100 }, (_, i) => `x-${i}: ${i}\r\n`).join("")}\r\n`,
  };
  for (const [name, bytes] of Object.entries(fine)) {
    it(name, async () => {
      const { status, body } = await answerTo(bytes);
      assert.equal(status, 400);
      assert.equal(JSON.parse(body).message, "the task T-1 not found");
    });
  }

  it("a body in chunks with an extension and a trailer, which is ignored", async () => {
    const body = "e;a=b\r\n" + '{"count": "x"}' + "\r\n0\r\nAuthorization: acs x:y\r\n\r\n";
    const answer = await answerTo(
      `${POST}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
    );
    assert.equal(answer.status, 400);
    assert.match(JSON.parse(answer.body).message, /count/);
  });

  it("Expect: 100-continue", async () => {
    const answers = await exchange(
      port,
      `${POST}Expect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      [100, 400],
    );
  });
});

describe("requests that belong to no product", () => {
  it("CONNECT", async () => {
    isGatewayRefusal(
      await answerTo("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n"),
      "UnsupportedHTTPMethod",
      405,
    );
  });
  it("another Expect", async () => {
    isGatewayRefusal(
      await answerTo(`${GET}Expect: wonders\r\n\r\n`),
      "InvalidParameter.Expect",
      417,
    );
  });
  it("a path that is not percent-encoded UTF-8", async () => {
    for (const path of ["%ff%fe", "%zz", "%", "%e4%b8"]) {
      isGatewayRefusal(
        await answerTo(`GET /tasks/${path} HTTP/1.1\r\n${HOST}\r\n`),
        "InvalidParameter.Path",
      );
    }
  });
  it("a way out of the path", async () => {
    const { status, body } = await answerTo(`GET /tasks/../../etc/passwd HTTP/1.1\r\n${HOST}\r\n`);
    assert.equal(status, 404, body);
    const escaped = await answerTo(`GET /tasks/..%2f..%2fetc%2fpasswd HTTP/1.1\r\n${HOST}\r\n`);
    assert.match(escaped.body, /not found/);
  });
});

describe("limits", () => {
  const long = "x".repeat(HTTP_LIMITS.headerBytes + 1_000);
  const tooLarge = {
    "a header": `${GET}X-A: ${long}\r\n\r\n`,
    "a path": `GET /tasks/T-${long} HTTP/1.1\r\n${HOST}\r\n`,
    "a query": `GET /?Action=${long} HTTP/1.1\r\n${HOST}\r\n`,
    "many headers": `${GET}${Array.from({ length: 5_000 }, (_, i) => `x-${i}: ${i}\r\n`).join("")}\r\n`,
    "a megabyte of header": `${GET}X-A: ${"x".repeat(1024 * 1024)}\r\n\r\n`,
  };
  for (const [name, bytes] of Object.entries(tooLarge)) {
    it(`${name} that is too large`, async () => {
      isGatewayRefusal(await answerTo(bytes), "RequestHeaderFieldsTooLarge", 431);
    });
  }

  it("a header just below the limit", async () => {
    const { body } = await answerTo(
      `${GET}X-A: ${"x".repeat(HTTP_LIMITS.headerBytes - 200)}\r\n\r\n`,
    );
    assert.equal(JSON.parse(body).message, "the task T-1 not found");
  });

  it("a body that says it is too large is refused before it is sent", async () => {
    const socket = await openSocket(port);
    socket.write(
      `${POST}Content-Type: application/json\r\nContent-Length: ${HTTP_LIMITS.bodyBytes + 1}\r\n\r\n`,
    );
    const [answer] = (await nextData(socket)).toString().split("\r\n");
    assert.equal(answer, "HTTP/1.1 413 Payload Too Large");
    socket.destroy();
  });

  it("a body in chunks that becomes too large", async () => {
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    const bytes = `${POST}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(17)}0\r\n\r\n`;
    isGatewayRefusal(await answerTo(bytes), "RequestEntityTooLarge", 413);
  });
});

function nextData(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    socket.once("data", resolve);
    socket.once("close", () => reject(new Error("closed")));
  });
}

/** One operation of each product that takes a body; `wrap` puts JSON text where the operation takes JSON. */
const PRODUCTS: Readonly<
  Record<
    string,
    { head: string; type: string; wrap: (json: string) => string; keys: readonly string[] }
  >
> = {
  ACK: {
    head: `POST ${NODE_POOL} HTTP/1.1\r\n${HOST}`,
    type: "application/json",
    wrap: (json) => json,
    keys: ["code", "message", "requestId", "status"],
  },
  "Cloud Control": {
    head: "POST /api/v1/providers/Aliyun/products/VPC/resources/VPC?regionId=cn-beijing HTTP/1.1\r\nHost: cloudcontrol.aliyuncs.com\r\n",
    type: "application/json",
    wrap: (json) => json,
    keys: ["requestId", "Code", "Message"],
  },
  Lingjun: {
    head: "POST / HTTP/1.1\r\nHost: eflo-controller.cn-wulanchabu.aliyuncs.com\r\nx-acs-action: ExtendCluster\r\nx-acs-version: 2022-12-15\r\n",
    type: "application/x-www-form-urlencoded",
    wrap: (json) => `ClusterId=i100000000000000000001&NodeGroups=${encodeURIComponent(json)}`,
    keys: ["RequestId", "HostId", "Code", "Message", "Recommend"],
  },
};

describe("a body that nobody should have to read", () => {
  const bodies = {
    "deep arrays": "[".repeat(100_000) + "]".repeat(100_000),
    "deep objects": `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`,
    "just too deep": `${"[".repeat(65)}${"]".repeat(65)}`,
    "a prototype": '{"__proto__":{"polluted":1}}',
    "a prototype further down": '{"a":[{"b":{"__proto__":{"polluted":1}}}]}',
    "an escaped prototype": '{"\\u005f_proto__":{"polluted":1}}',
    "half of it": '{"count": 1',
    "two of them": "{}{}",
    "a number that is none": '{"count": 0x10}',
    "not a number": '{"count": NaN}',
  };
  for (const [product, { head, type, wrap, keys }] of Object.entries(PRODUCTS)) {
    for (const [name, json] of Object.entries(bodies)) {
      it(`${product}: ${name}`, async () => {
        const body = wrap(json);
        const { status, body: answer } = await answerTo(
          `${head}Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        );
        assert.ok(status >= 400 && status < 500, `${status} ${answer}`);
        assert.deepEqual(Object.keys(JSON.parse(answer)), keys, answer);
      });
    }

    it(`${product}: bytes that are not UTF-8`, async () => {
      const body = Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d]);
      const headers = `${head}Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
      const { status, body: answer } = await answerTo(Buffer.concat([Buffer.from(headers), body]));
      assert.ok(status >= 400 && status < 500, `${status} ${answer}`);
      assert.deepEqual(Object.keys(JSON.parse(answer)), keys, answer);
    });
  }

  it("ACK: numbers beyond all use are refused by name", async () => {
    for (const count of [
      "1e999",
      "-1e999",
      "123456789012345678901234567890",
      "1e-400",
      "9007199254740993",
      "-0",
      '"1"',
      "1.5",
      "[1]",
      "{}",
    ]) {
      const body = `{"count":${count}}`;
      const { status, body: answer } = await answerTo(
        `${POST}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      assert.equal(status, 400, answer);
      assert.match(JSON.parse(answer).message, /count/);
    }
  });

  it("names of methods of objects are ordinary names", async () => {
    for (const name of ["constructor", "toString", "hasOwnProperty", "prototype", "valueOf"]) {
      const action = await answerTo(
        `GET /?Action=${name}&Version=2022-12-15&Format=JSON HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      );
      assert.equal(action.status, 404, action.body);
      const path = await answerTo(`GET /tasks/${name} HTTP/1.1\r\n${HOST}\r\n`);
      assert.equal(JSON.parse(path.body).message, `the task ${name} not found`);
      const query = await answerTo(
        `GET /?${name}=1&Action=DescribeTask&Version=2022-12-15&TaskId=${name}&Format=JSON HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      );
      assert.ok(query.status >= 400 && query.status < 500, query.body);
    }
  });
});

describe("a connection with more than one request", () => {
  it("gets its answers in order", async () => {
    const ids = Array.from({ length: 100 }, (_, i) => `T-${i}`);
    const answers = await exchange(
      port,
      ids.map((id) => `GET /tasks/${id} HTTP/1.1\r\n${HOST}\r\n`).join(""),
    );
    assert.deepEqual(
      answers.map(({ body }) => JSON.parse(body).message),
      ids.map((id) => `the task ${id} not found`),
    );
  });

  it("gets the answers to the valid requests before an invalid one", async () => {
    for (const bad of ["rubbish\r\n\r\n", `${POST}Content-Length: x\r\n\r\n`, "\u0000\r\n\r\n"]) {
      const [one, two, three, ...more] = await exchange(
        port,
        `${GET}\r\n${GET}\r\n${bad}${GET}\r\n`,
      );
      assert.match(one?.body ?? "", /the task T-1 not found/);
      assert.match(two?.body ?? "", /the task T-1 not found/);
      assert.ok(three);
      isGatewayRefusal(three, "InvalidRequest");
      assert.deepEqual(more, []);
    }
  });

  it("ends with an upgrade, behind which nothing is read from the middle", async () => {
    const upgrade = "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
    const socket = await openSocket(port);
    let heard = "";
    socket.on("data", (chunk: Buffer) => {
      heard += chunk;
    });
    // A server that reads the whole body takes the second part as body of the first request. Another would take it as a request.
    socket.write(`${GET}${upgrade}POST /clusters HTTP/1.1\r\n${HOST}Content-Length: 200\r\n\r\n`);
    setImmediate(() => socket.write(`GET /tasks/T-smuggled HTTP/1.1\r\n${HOST}\r\n`));
    await new Promise((resolve) => socket.on("close", resolve));
    assert.equal(answersIn(heard).length, 1);
    assert.match(heard, /connection: close/i);
    assert.doesNotMatch(heard, /smuggled/);
  });

  it("is closed if its client does not close it after such an answer", async () => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => {});
    socket.resume();
    socket.write("rubbish\r\n\r\n");
    const began = Date.now();
    await new Promise((resolve) => socket.once("end", resolve));
    while (!socket.destroyed && Date.now() - began < 5_000) {
      socket.write("more"); // answered with a reset once the server is through with it
      await sleep(100);
    }
    assert.ok(Date.now() - began < 4_000);
  });
});

describe("/docs", () => {
  it("lets no script in, nobody frame it, and no type be guessed", async () => {
    const { status, headers } = await answerTo("GET /docs HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert.equal(status, 200);
    assert.match(
      headers["content-security-policy"] ?? "",
      /default-src 'none'.*frame-ancestors 'none'/,
    );
    assert.doesNotMatch(headers["content-security-policy"] ?? "", /script-src|unsafe/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["referrer-policy"], "no-referrer");
  });
});

/** Resolves with the lifetime of a connection that receives single bytes with pauses. */
async function drip(first: string, drop: string): Promise<{ lived: number; said: string }> {
  const socket = await openSocket(port);
  let said = "";
  socket.on("data", (chunk: Buffer) => {
    said += chunk;
  });
  const began = Date.now();
  let ended = false;
  socket.on("close", () => {
    ended = true;
  });
  socket.write(first);
  while (!ended && Date.now() - began < 60_000) {
    if (drop !== "" && socket.writable) socket.write(drop);
    await sleep(250);
  }
  return { lived: Date.now() - began, said };
}

describe("a slow client", () => {
  it("is disconnected when its time is over: in headers, in the body, in silence, and in a body that is not needed", async () => {
    const slack = HTTP_LIMITS.checkMs + 4_000;
    const [headers, body, silence, unwanted] = await Promise.all([
      drip(`${GET}X-Slow: `, "x"),
      drip(`${POST}Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n`, " "),
      drip("", ""),
      drip(
        `${POST}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${`10000\r\n${"x".repeat(0x10000)}\r\n`.repeat(17)}`,
        "1\r\nx\r\n",
      ),
    ]);
    for (const [{ lived }, limit] of [
      [headers, HTTP_LIMITS.headersMs],
      [body, HTTP_LIMITS.requestMs],
      [silence, HTTP_LIMITS.headersMs],
      [unwanted, HTTP_LIMITS.requestMs],
    ] as const) {
      assert.ok(lived < limit + slack, `${lived} ms for a limit of ${limit} ms`);
    }
    assert.match(headers.said, /^HTTP\/1\.1 408 .*"Code":"RequestTimeout"/s);
    assert.match(body.said, /^HTTP\/1\.1 408 .*"Code":"RequestTimeout"/s);
    assert.match(unwanted.said, /^HTTP\/1\.1 413 /);
  });
});

describe("a thousand idle connections", () => {
  it("hurt nobody", async () => {
    const idle: Socket[] = [];
    for (let i = 0; i < 1_000; i++) {
      const socket = await openSocket(port);
      if (i % 2 === 0) {
        socket.write(`${GET}\r\n`); // half of them have been served and stay for more
        await nextData(socket);
      }
      idle.push(socket);
    }
    const { body } = await answerTo(`${GET}\r\n`);
    assert.equal(JSON.parse(body).message, "the task T-1 not found");
    assert.ok(idle.every(({ destroyed }) => !destroyed));
    assert.ok(residentMegabytes() < 400);
    for (const socket of idle) socket.destroy();
  });
});

/** Linux only, as CI is. */
function residentMegabytes(): number {
  const status = readFileSync(`/proc/${server.child.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
