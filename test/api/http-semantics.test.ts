// Our own API and the server's own pages speak HTTP as RFC 9110 has it. The table is made from the lists of routes, so a new
// route is in it by itself.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { defineTask } from "../../src/core/define-task.ts";
import { accessDialect } from "../../src/dialects/access/dialect.ts";
import { DEFAULT_SETTINGS } from "../../src/dialects/dialect.ts";
import { OPERATIONS } from "../../src/dialects/native/operations.ts";
import { nativeDialect } from "../../src/dialects/native/routes.ts";
import { SiteGuard } from "../../src/http/site-guard.ts";
import { startNativeServer } from "../support/native-server.ts";
import { startTestServer, type TestResponse, type TestServer } from "../support/test-server.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];
const JSON_TYPE = { "content-type": "application/json" };
const PAGES = ["/healthz", "/readyz", "/metrics"];
const filledPath = (path: string) => path.replace(/\{\w+\}/g, "none").replace("*", "none");
const STREAMS = Object.values(OPERATIONS)
  .filter(({ stream }) => stream)
  .map(({ path }) => path);

const types = [
  defineTask({ type: "quick", steps: { only: async () => undefined } }),
  defineTask({ type: "never", steps: { only: () => new Promise(() => undefined) } }),
];
const access = accessDialect(["ListAccounts", "CreateAccount"], async () => ({}));
const native = await startNativeServer(types);
const context = { service: native.engine, push: native.push, settings: DEFAULT_SETTINGS };

/** Each path of our own with its methods. */
const PATHS = new Map<string, readonly string[]>(PAGES.map((page) => [page, ["GET"]]));
for (const { path, methods } of [...nativeDialect.routes(context), ...access.routes(context)]) {
  const filled = filledPath(path);
  PATHS.set(filled, [...(PATHS.get(filled) ?? []), ...methods]);
}
// What one path has is another one's too where a parameter may have its value: `import` is an id like any other.
const atPath = (path: string) =>
  [...PATHS].flatMap(([pattern, methods]) =>
    pattern === path || (pattern === "/v1/tasks/none" && /^\/v1\/tasks\/\w+$/.test(path))
      ? methods
      : [],
  );

let server: TestServer;
let ended = "";
let open = "";
before(async () => {
  server = await startTestServer({
    ...{ service: native.engine, push: native.push, dialects: [nativeDialect, access] },
    metrics: {
      render: async () => ({ type: "text/plain; charset=utf-8", text: "one 1\n" }),
      token: undefined,
      guard: new SiteGuard({ host: "127.0.0.1", allowed: [], productLabels: [] }),
    },
  });
  [ended, open] = await Promise.all(
    ["quick", "never"].map(async (type) => {
      const { text } = await ask("POST", "/v1/tasks", JSON_TYPE, JSON.stringify({ type }));
      return `/v1/tasks/${JSON.parse(text).id}`;
    }) as [Promise<string>, Promise<string>],
  );
  await native.send("GET", `${ended}/wait?timeout=10`);
});
after(async () => {
  await server.close();
  await native.close();
});

function ask(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<TestResponse> {
  return server.send({ method, path, headers, ...(body !== undefined && { body }) });
}

function allowOf(path: string): string {
  const methods = new Set([...atPath(path), "OPTIONS"]);
  if (methods.has("GET")) methods.add("HEAD");
  return [...methods].sort().join(", ");
}

/** The methods that a path refuses. No page has ever heard of PROPFIND, which is 404 there. */
function othersThan(methods: readonly string[], path: string): readonly string[] {
  const known = [...methods, "OPTIONS", ...(methods.includes("GET") ? ["HEAD"] : [])];
  if (PAGES.includes(path)) known.push("PROPFIND");
  return METHODS.filter((method) => !known.includes(method));
}

/** What every answer to the same question has. */
function lasting({ headers }: TestResponse) {
  const { date: _date, "x-acs-request-id": _id, ...others } = headers;
  return others;
}

function assertBodyless({ headers, text }: TestResponse): void {
  assert.equal(text, "");
  assert.equal(headers["content-length"], undefined);
  assert.equal(headers["content-type"], undefined);
  assert.equal(headers["transfer-encoding"], undefined);
}

describe("every path of our own", () => {
  for (const [path] of PATHS) {
    const methods = atPath(path);
    it(`${path}: OPTIONS says ${allowOf(path)}, and nothing else`, async () => {
      const answer = await ask("OPTIONS", path);
      assert.equal(answer.status, 204, answer.text);
      assert.equal(answer.headers["allow"], allowOf(path));
      assertBodyless(answer);
    });

    for (const method of othersThan(methods, path)) {
      it(`${path}: ${method} is 405, with and without a body`, async () => {
        for (const body of [undefined, "{}"]) {
          const { status, headers } = await ask(method, path, JSON_TYPE, body);
          assert.equal(status, 405);
          assert.equal(headers["allow"], allowOf(path));
        }
      });
    }

    if (methods.includes("GET") && !STREAMS.map(filledPath).includes(path)) {
      it(`${path}: HEAD has the head of GET`, async () => {
        const got = await ask("GET", path);
        const head = await ask("HEAD", path);
        assert.equal(head.status, got.status);
        assert.equal(head.text, "");
        assert.deepEqual(lasting(head), lasting(got));
        assert.equal(head.headers["content-length"], String(Buffer.byteLength(got.text)));
      });
    }

    if (methods.includes("POST")) {
      it(`${path}: a body that is not said to be JSON is 415`, async () => {
        for (const type of ["text/plain", "application/x-www-form-urlencoded", "text/json", ""]) {
          const headers = type === "" ? {} : { "content-type": type };
          const { status, text } = await ask("POST", path, headers, "{}");
          assert.equal(status, 415, `${type}: ${text}`);
          assert.match(text, /InvalidParameter\.ContentType.+give application\/json/);
        }
        for (const type of ["application/json; charset=utf-8", "application/merge-patch+json"]) {
          assert.notEqual((await ask("POST", path, { "content-type": type }, "{}")).status, 415);
        }
      });
    }
  }

  it("is not what is none: that is 404 by any method", async () => {
    for (const method of METHODS) {
      assert.equal((await ask(method, "/v1/no/such/path")).status, 404, method);
    }
  });

  it("has streams whose HEAD ends at once", async () => {
    assert.ok(STREAMS.length > 1);
    for (const stream of STREAMS) {
      const path = stream.replace("/v1/tasks/{id}", open);
      const { status, headers, text } = await ask("HEAD", path);
      assert.equal(status, 200);
      assert.match(headers["content-type"] ?? "", /^text\/event-stream/);
      assert.equal(text, "");
    }
  });
});

describe("a representation that is known already", () => {
  const documents = () => ["/v1/openapi.json", "/docs", "/docs/style.css", ended];

  it("is 304, for GET and HEAD, without a body", async () => {
    for (const path of documents()) {
      const { status, headers } = await ask("GET", path);
      assert.equal(status, 200);
      const etag = String(headers["etag"]);
      assert.match(etag, /^(W\/)?"[^"]+"$/, path);
      for (const method of ["GET", "HEAD"]) {
        for (const asked of [etag, "*", `"other", ${etag}`, etag.replace(/^W\//, "")]) {
          const known = await ask(method, path, { "if-none-match": asked });
          assert.equal(known.status, 304, `${path} ${asked}`);
          assert.equal(known.headers["etag"], etag);
          assert.equal(known.headers["cache-control"], headers["cache-control"]);
          assertBodyless(known);
        }
      }
      const other = await ask("GET", path, { "if-none-match": '"other", W/"another"' });
      assert.equal(other.status, 200);
    }
  });

  it("is no task that is open, whose health changes with the time alone", async () => {
    const { status, headers } = await ask("GET", open, { "if-none-match": "*" });
    assert.equal(status, 200);
    assert.equal(headers["etag"], undefined);
  });

  it("is nothing that was refused or changed", async () => {
    const missing = await ask("GET", "/v1/tasks/none", { "if-none-match": "*" });
    assert.equal(missing.status, 404);
    const body = JSON.stringify({ type: "quick" });
    const made = await ask("POST", "/v1/tasks", { ...JSON_TYPE, "if-none-match": "*" }, body);
    assert.equal(made.status, 201);
  });
});

describe("an answer without a body", () => {
  it("has no length and no type: 204 of a stream that has nothing more", async () => {
    const path = `${ended}/events/stream`;
    const log = JSON.parse((await ask("GET", `${ended}/events`)).text);
    const answer = await ask("GET", path, { "last-event-id": log.next });
    assert.equal(answer.status, 204, answer.text);
    assertBodyless(answer);
  });
});
