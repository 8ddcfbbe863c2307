import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { FakeTaskService } from "../../test/support/fake-task-service.ts";
import {
  startTestServer,
  TEST_ACCOUNT,
  type TestRequest,
  type TestServer,
} from "../../test/support/test-server.ts";
import { DomainError } from "../core/errors.ts";
import { fold } from "../core/evolve.ts";
import type { AccessPort } from "./access-port.ts";
import type { Exchange } from "./exchange.ts";
import type { HttpDeps } from "./server.ts";

const task = fold([
  {
    type: "TaskSubmitted",
    at: 1_700_000_000_000,
    task: {
      id: "T-1",
      account: TEST_ACCOUNT,
      product: "ack",
      type: "cluster_scaleout",
      input: {},
      target: { type: "cluster", id: "c1" },
      attributes: { clusterId: "c1" },
      steps: [{ name: "only", after: [], weight: 1, maxAttempts: 1 }],
      priority: 5,
    },
  },
]);

async function withServer(deps: Partial<HttpDeps>, use: (server: TestServer) => Promise<void>) {
  const server = await startTestServer(deps);
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

function serviceWithTask(options: ConstructorParameters<typeof FakeTaskService>[0] = {}) {
  const service = new FakeTaskService(options);
  service.put(task);
  return service;
}

describe("the way past Fastify", () => {
  /** Each as it may go past, and with an escape or a body that makes Fastify read it first. */
  const PAIRS: readonly [string, TestRequest, TestRequest][] = [
    ["a describe", { path: "/tasks/T-1" }, { path: "/tasks/%54-1" }],
    ["no such task", { path: "/tasks/T-2" }, { path: "/tasks/T%2D2" }],
    ["no such operation", { path: "/tasks/T-1/x" }, { path: "/tasks/%54-1/x" }],
    [
      "no such method",
      { method: "PATCH", path: "/tasks/T-1" },
      { method: "PATCH", path: "/tasks/%54-1" },
    ],
    [
      "RPC",
      { method: "POST", path: "/?Action=DescribeTask" },
      { method: "POST", path: "/", body: "Action=DescribeTask" },
    ],
  ];
  for (const [what, short, long] of PAIRS) {
    it(`answers alike: ${what}`, async () => {
      const newRequestId = () => "0".repeat(36);
      await withServer({ service: serviceWithTask(), newRequestId }, async ({ send }) => {
        const answers = [];
        for (const request of [short, long]) {
          const { status, headers, text } = await send(request);
          answers.push({ status, headers: { ...headers, date: "" }, text });
        }
        assert.deepEqual(answers[0], answers[1]);
      });
    });
  }
});

describe("who calls", () => {
  const identified: Exchange[] = [];
  const caller = ({ requestId }: Exchange) => ({
    account: TEST_ACCOUNT,
    requestId,
    actor: "me",
  });

  it("sees the raw target, headers and body that were signed", async () => {
    const identify = (call: Exchange) => {
      identified.push(call);
      return caller(call);
    };
    await withServer({ access: { identify }, service: serviceWithTask() }, async ({ send }) => {
      await send({ path: "/tasks/T%2D1?a=%7E&b", headers: { "X-Acs-Empty": "" } });
      const body = ' { "count" : 1 } ';
      const headers = { "content-type": "application/json" };
      await send({ method: "POST", path: "/clusters/c1/nodepools/n1", body, headers });
      const [described, scaled] = identified;
      assert.equal(described?.target, "/tasks/T%2D1?a=%7E&b");
      assert.equal(described?.headers["x-acs-empty"], "");
      assert.ok(described?.rawHeaders.includes("X-Acs-Empty"));
      assert.equal(described?.body.length, 0);
      assert.deepEqual(
        [described?.dialect.name, described?.dialect.style, described?.action],
        ["ack", "roa", "DescribeTaskInfo"],
      );
      assert.equal(Buffer.from(scaled?.body ?? []).toString(), body);
    });
  });

  it("may take time to find out", async () => {
    const identify = async (call: Exchange) => caller(call);
    await withServer({ access: { identify }, service: serviceWithTask() }, async ({ send }) => {
      assert.equal((await send({ path: "/tasks/T-1" })).status, 200);
    });
  });

  for (const [how, wrap] of [
    ["at once", (value: unknown) => value],
    ["later", async (value: unknown) => value],
  ] as const) {
    it(`refuses ${how}, in the gateway's shape of every dialect`, async () => {
      const fault = {
        status: 404,
        code: "InvalidAccessKeyId.NotFound",
        message: "Specified…",
        retryAfterMs: 5,
      };
      const identify = (() => wrap(fault)) as AccessPort["identify"];
      await withServer({ access: { identify } }, async ({ send }) => {
        for (const path of [
          "/tasks/T-1",
          "/api/v1/tasks/t-1",
          "/api/v1/tasks/task-1",
          "/?Action=DescribeTask",
        ]) {
          const { status, text, headers } = await send({ path });
          const { Code, RequestId } = JSON.parse(text);
          assert.deepEqual([status, Code], [404, fault.code], path);
          assert.equal(headers["x-acs-request-id"], RequestId);
          assert.equal(headers["x-acs-retry-after"], "5");
        }
        const own = await send({ path: "/v1/tasks/x" });
        assert.equal(JSON.parse(own.text).error.code, fault.code);
        assert.equal((await send({ path: "/docs" })).status, 200, "documentation is open");
      });
    });
  }

  it("never lets a failure of its own show", async () => {
    const identify = () => {
      throw new TypeError("secret detail");
    };
    await withServer({ access: { identify } }, async (server) => {
      const { status, text } = await server.send({ path: "/tasks/T-1" });
      assert.equal(status, 500);
      assert.equal(JSON.parse(text).Code, "InternalError");
      assert.doesNotMatch(text, /secret|TypeError|\.ts/);
      assert.equal(server.errors.length, 1);
    });
  });
});

describe("answers", () => {
  it("are the same whether the task is at hand or has to be read", async () => {
    const answers: string[] = [];
    for (const cold of [false, true]) {
      await withServer({ service: serviceWithTask({ cold }) }, async ({ send }) => {
        answers.push((await send({ path: "/tasks/T-1" })).text);
        assert.equal((await send({ path: "/tasks/T-2" })).status, 400);
      });
    }
    assert.equal(answers[0], answers[1]);
  });

  it("hide what broke inside, and log it", async () => {
    for (const failure of [new RangeError("/secret/path.ts:3"), "a string", undefined, null]) {
      const service = serviceWithTask();
      service.peek = () => {
        throw failure;
      };
      await withServer({ service }, async (server) => {
        const { status, text } = await server.send({ path: "/tasks/T-1" });
        assert.equal(status, 500);
        assert.doesNotMatch(text, /secret|RangeError|a string/);
        assert.equal(server.errors.length, 1);
      });
    }
  });

  it("say that the store is away, with 503", async () => {
    const failure = new DomainError("StoreUnavailable", "disk full");
    await withServer({ service: new FakeTaskService({ failure }) }, async ({ send }) => {
      const { status, text } = await send({ path: "/tasks/T-1" });
      assert.deepEqual([status, JSON.parse(text).Code], [503, "ServiceUnavailable"]);
    });
  });
});

describe("health", () => {
  it("is ready until the service is not", async () => {
    const service = new FakeTaskService();
    await withServer({ service }, async ({ send }) => {
      assert.equal((await send({ path: "/healthz" })).status, 200);
      assert.equal((await send({ path: "/readyz" })).text, '{"status":"ready"}');
      service.ready = false;
      const stopping = await send({ path: "/readyz" });
      assert.deepEqual([stopping.status, stopping.text], [503, '{"status":"stopping"}']);
      service.starting = true;
      const starting = await send({ path: "/readyz" });
      assert.deepEqual([starting.status, starting.text], [503, '{"status":"starting"}']);
      assert.equal((await send({ path: "/healthz", method: "HEAD" })).status, 200);
    });
  });
});

describe("documentation", () => {
  it("is whole, works offline and can do nothing", async () => {
    await withServer({}, async ({ send }) => {
      const page = await send({ path: "/docs" });
      assert.match(page.headers["content-type"] ?? "", /^text\/html/);
      assert.match(String(page.headers["content-security-policy"]), /default-src 'none'/);
      assert.doesNotMatch(page.text, /<script|https?:\/\/|style=/);
      for (const [, href = ""] of page.text.matchAll(/(?:href|src)="([^"#]+)"/g)) {
        assert.equal((await send({ path: href })).status, 200, href);
      }
    });
  });
  it("describes every route of our own, as OpenAPI 3.1", async () => {
    await withServer({}, async ({ send }) => {
      const { text } = await send({ path: "/v1/openapi.json" });
      const { openapi, paths, components } = JSON.parse(text);
      assert.equal(openapi, "3.1.0");
      assert.deepEqual(Object.keys(paths["/v1/tasks"]), ["post", "get"]);
      for (const [, name = ""] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
        assert.ok(components.schemas[name], name);
      }
    });
  });
});

/** Sends bytes as they are and collects what comes back until the other side is quiet or gone. */
function raw(port: number, ...chunks: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      for (const chunk of chunks) socket.write(chunk, "latin1");
    });
    let text = "";
    let quiet = setTimeout(() => socket.destroy(), 1_000);
    socket.setEncoding("utf8").on("data", (data: string) => {
      text += data;
      clearTimeout(quiet);
      quiet = setTimeout(() => socket.destroy(), 150);
    });
    socket.on("close", () => {
      clearTimeout(quiet);
      resolve(text);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "ECONNRESET" && error.code !== "EPIPE") reject(error);
    });
  });
}

describe("what is no proper HTTP", () => {
  const GET = "GET /tasks/T-1 HTTP/1.1\r\nhost: x\r\n\r\n";
  const nonsense: readonly [string, string[], RegExp][] = [
    ["no HTTP at all", ["hello\r\n\r\n"], /^HTTP\/1\.1 400 .*"Code":"InvalidRequest"/s],
    ["bytes", ["\x16\x03\x01\x02\x00\x01\x00"], /^HTTP\/1\.1 400 .*"InvalidRequest"/s],
    [
      "a header that never ends",
      [`GET / HTTP/1.1\r\na: ${"x".repeat(40_000)}\r\n\r\n`],
      /^HTTP\/1\.1 431 .*"RequestHeaderFieldsTooLarge"/s,
    ],
    [
      "two lengths",
      [`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab`],
      /^HTTP\/1\.1 400 .*"InvalidRequest"/s,
    ],
    [
      "length and chunks",
      [
        `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      ],
      /^HTTP\/1\.1 400/,
    ],
    ["no host", ["GET /tasks/T-1 HTTP/1.1\r\n\r\n"], /^HTTP\/1\.1 400/],
    [
      "a bad chunk",
      ["POST /clusters HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"],
      /^HTTP\/1\.1 400 .*"InvalidRequest"/s,
    ],
    [
      "nonsense after a good request",
      [GET, "garbage\r\n\r\n"],
      /^HTTP\/1\.1 200 .*HTTP\/1\.1 400 .*"InvalidRequest"/s,
    ],
    ["a method nobody knows", ["FOO /tasks/T-1 HTTP/1.1\r\nhost: x\r\n\r\n"], /^HTTP\/1\.1 400 /],
    ["a target that is no path", ["GET tasks HTTP/1.1\r\nhost: x\r\n\r\n"], /^HTTP\/1\.1 400 /],
    ["an asterisk", ["OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n"], /^HTTP\/1\.1 4\d\d .*"Code":/s],
    [
      "a whole address as target",
      ["GET http://cs.localhost/tasks/T-1 HTTP/1.1\r\nhost: cs.localhost\r\n\r\n"],
      /^HTTP\/1\.1 200 /,
    ],
    [
      "raw UTF-8 in the path",
      ["GET /tasks/\xe8\x8a\x82 HTTP/1.1\r\nhost: x\r\n\r\n"],
      /^HTTP\/1\.1 400 .*(not found|InvalidRequest)/s,
    ],
    [
      "an upgrade",
      ["GET /tasks/T-1 HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"],
      /^HTTP\/1\.1 200 /,
    ],
    [
      "an expectation",
      ["GET /tasks/T-1 HTTP/1.1\r\nhost: x\r\nexpect: wonders\r\n\r\n"],
      /^HTTP\/1\.1 417 /,
    ],
  ];
  for (const [what, chunks, expected] of nonsense) {
    it(`${what}: answered, and the server lives on`, async () => {
      await withServer({ service: serviceWithTask() }, async ({ port, send, errors }) => {
        const text = await raw(port, ...chunks);
        assert.match(text, expected);
        assert.doesNotMatch(text, /\.ts:|at .*node:/);
        assert.equal((await send({ path: "/tasks/T-1" })).status, 200);
        assert.deepEqual(errors, []);
      });
    });
  }

  it("pipelined requests are answered in order", async () => {
    await withServer({ service: serviceWithTask() }, async ({ port }) => {
      const text = await raw(port, GET + GET.replace("T-1", "T-2") + GET);
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
      assert.deepEqual(statuses, ["200", "400", "200"]);
    });
  });

  it("a client that leaves in the middle harms nobody", async () => {
    await withServer({ service: serviceWithTask() }, async ({ port, send, errors }) => {
      const socket = connect(port, "127.0.0.1");
      socket.write("POST /clusters HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf");
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.destroy();
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal((await send({ path: "/tasks/T-1" })).status, 200);
      assert.deepEqual(errors, []);
    });
  });
});

describe("closing", () => {
  it("lets a request under way finish", async () => {
    const service = serviceWithTask({ cold: true });
    const read = service.get.bind(service);
    let entered = () => {};
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    service.get = async (account, taskId) => {
      entered();
      await new Promise((resolve) => setTimeout(resolve, 100));
      return read(account, taskId);
    };
    const server = await startTestServer({ service });
    const answer = server.send({ path: "/tasks/T-1" });
    await inside;
    await server.close();
    assert.equal((await answer).status, 200);
  });

  it("does not wait for connections that never asked anything, or only began to", async () => {
    const server = await startTestServer({ service: serviceWithTask() });
    const hungUp = ["", "GET / HT"].map(async (begun) => {
      const socket = connect(server.port, "127.0.0.1");
      await once(socket, "connect");
      socket.write(begun);
      return once(socket, "close");
    });
    assert.equal((await server.send({ path: "/tasks/T-1" })).status, 200); // both are accepted by now
    await server.close();
    await Promise.all(hungUp);
  });
});
