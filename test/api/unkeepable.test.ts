import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, describe, it } from "node:test";
import { defineTask } from "../../src/core/define-task.ts";
import { accessDialect } from "../../src/dialects/access/dialect.ts";
import type { Dialect } from "../../src/dialects/dialect.ts";
import type { OperationSpec, ParameterSpec } from "../../src/dialects/operation.ts";
import { DIALECTS } from "../../src/dialects/registry.ts";
import { settle } from "../support/fake-clock.ts";
import { FakeTaskService } from "../support/fake-task-service.ts";
import { startNativeServer } from "../support/native-server.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

// What cannot be kept as it was sent: rows 27, 29 and 32 of docs/security.md.

const quick = defineTask({ type: "quick", steps: { only: async () => ({ done: true }) } });

let server: Awaited<ReturnType<typeof startNativeServer>>;
before(async () => {
  server = await startNativeServer([quick]);
});
after(() => server.close());

/** Sends a body byte for byte. */
function post(path: string, body: string | Buffer, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; code: string; message: string }>((resolve, reject) => {
    const { port } = server;
    const type = { "content-type": "application/json", ...headers };
    const sent = request(
      { host: "127.0.0.1", port, method: "POST", path, headers: type },
      (got) => {
        const chunks: Buffer[] = [];
        got.on("data", (chunk: Buffer) => chunks.push(chunk));
        got.on("end", () => {
          const { error } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
          resolve({ status: got.statusCode ?? 0, code: error?.code, message: error?.message });
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

async function refused(path: string, body: string | Buffer, message: RegExp): Promise<void> {
  const answer = await post(path, body);
  assert.deepEqual([answer.status, answer.code], [400, "InvalidParameter"], answer.message);
  assert.match(answer.message, message);
}

const T = "/v1/tasks";

describe("text that is not well-formed (row 27)", () => {
  const FIELDS: readonly (readonly [path: string, body: string, message: RegExp])[] = [
    [
      T,
      '{"type":"quick","concurrencyKey":"k\\ud800"}',
      /^concurrencyKey is a text with half of a sur/,
    ],
    [
      T,
      '{"type":"quick","target":{"type":"disk","id":"\\udfff"}}',
      /^target\.id is a text with half/,
    ],
    [T, '{"type":"quick","clientToken":"x\\ud800"}', /^clientToken is a text with half/],
    [
      T,
      '{"type":"quick","input":{"a":[{"b":"\\u0000"}]}}',
      /^input\.a\.0\.b is a text with U\+0000/,
    ],
    [T, '{"type":"quick","labels":{"l\\ud800":"x"}}', /^labels\."l\\ud800" is a text with half/],
    [T, '{"type":"q\\ud800"}', /^type is a text with half/],
    ["/v1/bulk", '{"filter":"text:\\ud800","action":"cancel","reason":"r"}', /^filter is a text/],
    [
      `${T}/import`,
      '{"format":"taskscribe-task","log":[{"taskId":"\\ud800"}]}',
      /^log\.0\.taskId is/,
    ],
    [`${T}/t-1/cancel`, '{"reason":"\\ud800"}', /^reason is a text with half/],
    [`${T}/t-1/signal`, '{"step":"s","reason":"\\u0000"}', /^reason is a text with U\+0000/],
    [`${T}/t-1/retry`, '{"reason":"\\ud800"}', /^reason is a text with half/],
    [
      "/v1/webhooks",
      '{"url":"http://a/","description":"\\udc00\\ud800"}',
      /^description is a text/,
    ],
  ];
  for (const [path, body, message] of FIELDS) {
    it(`is refused in ${path} ${body}`, () => refused(path, body, message));
  }

  it("is refused as bytes that are not UTF-8", async () => {
    const bytes = Buffer.from('{"type":"quick","concurrencyKey":"k?"}');
    bytes[bytes.indexOf("?")] = 0xff;
    await refused(T, bytes, /^body is bytes that are not UTF-8/);
  });

  it("is refused in a query and a path", async () => {
    for (const target of ["%00", "%ED%A0%80", "%FF"]) {
      const { status } = await server.send("GET", `/v1/tasks?target=${target}`);
      assert.equal(status, 400, target);
      assert.equal((await server.send("GET", `/v1/tasks/${target}`)).status, 400, target);
    }
  });

  it("whole pairs and every other character are kept", async () => {
    const key = "k\ud83d\ude00\u0001\ufffd";
    const made = await server.send("POST", T, { type: "quick", concurrencyKey: key });
    assert.deepEqual([made.status, made.body.concurrencyKey], [201, key]);
    await settle();
  });
});

describe("numbers that would become others (row 29)", () => {
  const BODIES: readonly (readonly [input: string, message: RegExp])[] = [
    ['{"a":1e400}', /^input\.a is 1e400; give a number that a double keeps/],
    ['{"a":[-1e999]}', /^input\.a\.0 is -1e999/],
    ['{"n":9007199254740993}', /^input\.n is 9007199254740993/],
    ['{"n":1e-400}', /^input\.n is 1e-400/],
  ];
  for (const [input, message] of BODIES) {
    it(`are refused in ${input}`, () => refused(T, `{"type":"quick","input":${input}}`, message));
  }

  it("are refused before a token could take them for each other", async () => {
    const body = (n: string) => `{"type":"quick","clientToken":"n-1","input":{"n":${n}}}`;
    assert.equal((await post(T, body("9007199254740992"))).status, 201);
    await refused(T, body("9007199254740993"), /^input\.n is 9007199254740993/);
  });

  it("what a double keeps, passes", async () => {
    const input = { a: 0.1, b: 1e21, c: 2 ** 53, d: -5e-324, e: 0.30000000000000004 };
    const made = await server.send("POST", T, { type: "quick", input });
    assert.deepEqual([made.status, made.body.input], [201, input]);
  });

  it("a secret is not shown in the message", async () => {
    await refused(
      T,
      '{"type":"quick","input":{"password":1e400}}',
      /password is a value that is not/,
    );
  });
});

describe("a member that comes twice (row 32)", () => {
  const BODIES: readonly (readonly [path: string, body: string, message: RegExp])[] = [
    [T, '{"type":"quick","type":"other"}', /^type is there twice; give each member once/],
    [T, '{"type":"quick","input":{"a":{"x":1,"\\u0078":2}}}', /^input\.a\.x is there twice/],
    [`${T}/t-1/cancel`, '{"reason":"a","reason":"b"}', /^reason is there twice/],
    ["/v1/webhooks", '{"url":"http://a/","url":"http://b/"}', /^url is there twice/],
    [T, '{"type":"quick","__proto__":{},"__proto__":{}}', /__proto__ is __proto__/],
  ];
  for (const [path, body, message] of BODIES) {
    it(`is refused in ${path} ${body}`, () => refused(path, body, message));
  }

  it("colons in texts make no member", async () => {
    const input = { arn: "acs:cs:*:1:cluster/c", url: "http://a:1/", "a:b": { "a:b": ":" } };
    assert.equal((await server.send("POST", T, { type: "quick", input })).status, 201);
  });
});

describe("the access API", () => {
  it("refuses all three, and calls nothing", async () => {
    const called: unknown[] = [];
    const access = accessDialect(["CreateKey"], async (action) => {
      called.push(action);
      return {};
    });
    const other = await startTestServer({ dialects: [access] });
    after(() => other.close());
    const headers = { "content-type": "application/json" };
    for (const [body, path] of [
      ['{"name":"a","name":"b"}', "name is there twice"],
      [
        '{"document":{"Statement":[{"Effect":"Deny","Effect":"Allow"}]}}',
        "document.Statement.0.Effect",
      ],
      ['{"name":"\\ud800"}', "name is a text with half"],
      ['{"n":9007199254740993}', "n is 9007199254740993"],
    ] as const) {
      const sent = { method: "POST", path: "/v1/access/CreateKey", headers, body };
      const { status, text } = await other.send(sent);
      assert.equal(status, 400, text);
      assert.ok(JSON.parse(text).message.startsWith(path), text);
    }
    assert.deepEqual(called, []);
  });
});

for (const dialect of DIALECTS.filter(({ operations }) => operations.length > 0)) {
  describe(`every parameter of ${dialect.name} (rows 27 and 29)`, () => {
    const service = new FakeTaskService();
    let products: TestServer;
    before(async () => {
      products = await startTestServer({ service });
    });
    after(() => products.close());

    for (const spec of dialect.operations.filter(({ role }) => role !== "control-task")) {
      it(spec.action, async () => {
        for (const parameter of spec.params) {
          for (const sent of unkeepable(dialect, spec, parameter)) {
            const answer = await products.send(sent);
            assert.equal(
              answer.status,
              400,
              `${parameter.name}: ${sent.path} ${sent.body} ${answer.text}`,
            );
            assert.match(answer.text, /InvalidParameter/);
          }
        }
        assert.deepEqual([service.calls, products.errors], [[], []], "nothing was called");
      });
    }
  });
}

/** Requests in which this parameter, and no other, is what cannot be kept. */
function unkeepable(dialect: Dialect, spec: OperationSpec, { name, in: place }: ParameterSpec) {
  const path = spec.path.replace(/\{(\w+)\}/g, (_, part) => (part === name ? "\0" : "sample"));
  const headers = {
    ...(dialect.version && { "x-acs-version": dialect.version }),
    "x-acs-action": spec.action,
  };
  const { method } = spec;
  const make = (target: string, type?: string, body?: string) => ({
    method,
    path: target.replace("*", "sample"),
    headers: { ...headers, ...(type !== undefined && { "content-type": type }) },
    ...(body !== undefined && { body }),
  });
  const texts = ["x%00", "%ED%A0%80", "%C3%28"];
  const key = encodeURIComponent(name);
  switch (place) {
    case "path":
      return path.includes("\0") ? texts.map((text) => make(path.replace("\0", text))) : [];
    case "query":
      return texts.map((text) => make(`${path}?${key}=${text}`));
    case "formData": {
      const form = "application/x-www-form-urlencoded";
      return texts.map((text) => make(path, form, `${key}=${text}`));
    }
    default: {
      const values = ['"x\\ud800"', '"\\u0000"', '{"a":[1e400]}', "[9007199254740993]"];
      return values.map((value) =>
        make(path, "application/json", `{${JSON.stringify(name)}:${value}}`),
      );
    }
  }
}
