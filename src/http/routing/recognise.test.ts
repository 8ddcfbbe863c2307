import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startTestServer, type TestRequest } from "../../../test/support/test-server.ts";
import type { Dialect } from "../../dialects/dialect.ts";
import { DIALECTS } from "../../dialects/registry.ts";
import { Recogniser } from "./recognise.ts";

const recogniser = new Recogniser(DIALECTS);

/** [what says it, target, headers, dialect] in the order of DESIGN.md §4: what comes first wins over what follows. */
const CASES: readonly [string, string, Record<string, string>, string | undefined][] = [
  ["version", "/tasks/T-1", { "x-acs-version": "2023-08-08", host: "cs.localhost" }, "bdrc"],
  ["version", "/api/v1/tasks/t-1", { "x-acs-version": "2022-08-30" }, "cloudcontrol"],
  ["version", "/", { "x-acs-version": "2022-12-15" }, "lingjun"],
  ["action", "/nowhere", { "x-acs-action": "DescribeTaskInfo", host: "bdrc.localhost" }, "ack"],
  ["action of two", "/api/v1/tasks/t-1", { "x-acs-action": "DescribeTask" }, "bdrc"],
  ["host", "/api/v1/tasks/task-1", { host: "bdrc.localhost:4010" }, "bdrc"],
  ["host", "/api/v1/tasks/t-1", { host: "cloudcontrol.aliyuncs.com" }, "cloudcontrol"],
  ["host", "/", { host: "CS.cn-beijing.aliyuncs.com" }, "ack"],
  ["host", "/x", { host: "cs-anony-vpc.cn-beijing.aliyuncs.com" }, "ack"],
  ["host", "/x", { host: "eflo-controller.cn-wulanchabu.aliyuncs.com" }, "lingjun"],
  ["path", "/tasks/T-1?x=/api/v1/tasks", { host: "127.0.0.1:4010" }, "ack"],
  ["path", "/api/v2/clusters/c1/upgrade", {}, "ack"],
  ["path", "/api/v1/rules/check", {}, "bdrc"],
  ["path", "/api/v1/providers/aliyun/products/ECS/resources/Instance", {}, "cloudcontrol"],
  ["path", "/", {}, "lingjun"],
  ["path", "/?Action=DescribeTask", {}, "lingjun"],
  ["path", "/v1/tasks", {}, "native"],
  ["path", "/docs", {}, "native"],
  ["id", "/api/v1/tasks/t-1", {}, "bdrc"],
  ["id", "/api/v1/tasks/task-1", {}, "cloudcontrol"],
  ["id", "/api/v1/tasks/task-1/operation/cancel", {}, "cloudcontrol"],
  ["no id", "/api/v1/tasks", {}, "bdrc"],
  ["no id", "/api/v1/tasks?MaxResults=10", {}, "bdrc"],
  ["nothing", "/tasksx", {}, undefined],
  ["nothing", "/api/v1", {}, undefined],
  ["nothing", "/v10/tasks", {}, undefined],
];

describe("whose request is it", () => {
  for (const [what, target, headers, expected] of CASES) {
    it(`${what}: ${target} ${JSON.stringify(headers)}`, () => {
      assert.equal(recogniser.recognise({ headers, target }).dialect?.name, expected);
      assert.equal(recogniser.dialectOf(headers, target)?.name, expected);
    });
  }

  it("takes Version and Action from RPC parameters, after the headers", () => {
    const facts = { target: "/", headers: { host: "localhost" } };
    const named = (extra: object) => recogniser.recognise({ ...facts, ...extra }).dialect?.name;
    assert.equal(named({ version: "2015-12-15" }), "ack");
    assert.equal(named({ action: "UpdateResources" }), "bdrc");
    assert.equal(
      named({ version: "2015-12-15", headers: { "x-acs-version": "2023-08-08" } }),
      "bdrc",
    );
  });

  it("says when the version is nobody's, and still which shape of error fits", () => {
    const headers = { "x-acs-version": "1999-01-01" };
    const found = recogniser.recognise({ headers, target: "/tasks/T-1" });
    assert.equal(found.unknownVersion, true);
    assert.equal(found.dialect?.name, "ack");
    assert.equal(recogniser.dialectOf(headers, "/tasks/T-1"), undefined, "no route for it");
  });

  it("does not mind headers that are no text, or names every object has", () => {
    for (const name of ["constructor", "__proto__", "toString"]) {
      const headers = { "x-acs-version": name, "x-acs-action": name, host: name };
      assert.equal(recogniser.recognise({ headers, target: "/nope" }).dialect, undefined);
    }
    assert.equal(recogniser.dialectOf({ host: ["a", "b"] }, "/tasks/T-1")?.name, "ack");
  });
});

/** An RPC dialect of a product that nobody sells. */
function invented(name: string, facts: Partial<Dialect>, ...actions: readonly string[]): Dialect {
  const text = (status: number, body: string) => ({ status, type: "text/plain", body });
  return {
    name,
    style: "rpc",
    version: undefined,
    hostLabels: [],
    pathPrefixes: [],
    operations: actions.map((action) => ({
      action,
      method: "POST",
      path: "/",
      role: "query-task",
      status: 200,
      params: [],
      response: {},
    })),
    policy: {
      prefix: name,
      resource: undefined,
      idParameters: [],
      taskParameters: [],
      acts: "target",
      refusal: "NoPermission",
    },
    routes: () =>
      actions.map((action) => ({
        action,
        methods: ["POST", "GET"],
        path: "/",
        handle: () => text(200, `${name} ${action}`),
      })),
    refuse: ({ code }) => text(400, `${name} ${code}`),
    ...facts,
  };
}

const HARBOUR = { version: "2031-01-01", hostLabels: ["harbour"] };
const harbour = invented("harbour", HARBOUR, "DescribeTask", "OpenGate", "MoveCrane");
const orchard = invented("orchard", { version: "2032-02-02" }, "DescribeTask", "OpenGate", "Pick");

describe("several RPC dialects on one path", () => {
  const dialects = [...DIALECTS, harbour, orchard];
  const several = new Recogniser(dialects);

  /** [what says it, RPC parameters, headers, dialect] */
  const cases: readonly [string, { version?: string; action?: string }, object, string][] = [
    ["version in a header", {}, { "x-acs-version": "2031-01-01" }, "harbour"],
    ["version in a parameter", { version: "2032-02-02", action: "OpenGate" }, {}, "orchard"],
    ["version before host", { version: "2032-02-02" }, { host: "harbour.localhost" }, "orchard"],
    ["action of one", { action: "MoveCrane" }, {}, "harbour"],
    ["action of one, in a header", {}, { "x-acs-action": "Pick" }, "orchard"],
    ["action before host", { action: "Pick" }, { host: "harbour.localhost" }, "orchard"],
    ["host", { action: "OpenGate" }, { host: "harbour.localhost:4010" }, "harbour"],
    [
      "host of the vendor's",
      { action: "OpenGate" },
      { host: "eflo-controller.localhost" },
      "lingjun",
    ],
    ["nothing: the first speaks", { action: "OpenGate" }, {}, "lingjun"],
    ["nothing at all", {}, {}, "lingjun"],
    ["an action that all have", { action: "DescribeTask" }, {}, "lingjun"],
  ];
  for (const [what, parameters, headers, expected] of cases) {
    it(`${what}: ${expected}`, () => {
      const hints = { target: "/", headers: { ...headers }, ...parameters };
      assert.equal(several.recognise(hints).dialect?.name, expected);
    });
  }

  it("takes the action of one RPC dialect on the path of RPC, though other dialects have it too", () => {
    const quay = invented("quay", {}, "DescribeTaskInfo");
    const found = new Recogniser([...DIALECTS, quay]).recognise({
      target: "/",
      headers: {},
      action: "DescribeTaskInfo",
    });
    assert.equal(found.dialect?.name, "quay");
  });

  it("tells dialects of one version apart by the rest of the request", () => {
    const twin = invented("twin", { ...HARBOUR, hostLabels: ["twin"] }, "OpenGate", "Twist");
    const twins = new Recogniser([...DIALECTS, harbour, twin]);
    const headers = { "x-acs-version": HARBOUR.version };
    const named = (more: object, action?: string) =>
      twins.recognise({ target: "/", headers: { ...headers, ...more }, action }).dialect?.name;
    assert.equal(named({ host: "twin.localhost" }, "OpenGate"), "twin");
    assert.equal(named({}, "Twist"), "twin");
    assert.equal(named({}, "DescribeTask"), "harbour");
    assert.equal(named({}), "harbour");
    assert.equal(twins.dialectOf({ ...headers, host: "twin.localhost" }, "/")?.name, "twin");
  });

  it("refuse a method that the operation has not", async () => {
    const made = invented("posted", { version: "2033-03-03" }, "Send");
    const routes: Dialect["routes"] = (context) =>
      made.routes(context).map((route) => ({ ...route, methods: ["POST"] }));
    const server = await startTestServer({ dialects: [...DIALECTS, { ...made, routes }] });
    const path = "/?Action=Send&Version=2033-03-03";
    const got = await server.send({ path });
    const posted = await server.send({ method: "POST", path });
    await server.close();
    assert.equal(got.text, "posted UnsupportedHTTPMethod");
    assert.equal(posted.text, "posted Send");
  });

  /** [what, request, answer] of a server with both. */
  const requests: readonly [string, TestRequest, RegExp][] = [
    ["by query", { path: "/?Action=OpenGate&Version=2032-02-02" }, /^orchard OpenGate$/],
    [
      "by form",
      { method: "POST", path: "/", body: "Action=OpenGate&Version=2031-01-01" },
      /^harbour OpenGate$/,
    ],
    [
      "by headers",
      {
        method: "POST",
        path: "/",
        headers: { "x-acs-action": "DescribeTask", "x-acs-version": "2032-02-02" },
      },
      /^orchard DescribeTask$/,
    ],
    [
      "no such action",
      { path: "/?Action=Nope&Version=2032-02-02" },
      /^orchard InvalidAction\.NotFound$/,
    ],
    ["no action", { path: "/?Version=2031-01-01" }, /^harbour MissingAction$/],
    [
      "a version of nobody",
      { path: "/?Action=OpenGate&Version=1999-01-01" },
      /"Code":"InvalidVersion"/,
    ],
    ["a product of nobody", { path: "/?Action=Nope" }, /"Code":"InvalidAction\.NotFound".*eflo/i],
    [
      "another product's path",
      { path: "/tasks/T-1", headers: { "x-acs-version": "2031-01-01" } },
      /^harbour InvalidApi\.NotFound$/,
    ],
  ];
  for (const [what, request, expected] of requests) {
    it(`are answered and refused in their own words: ${what}`, async () => {
      const server = await startTestServer({ dialects });
      const { text } = await server.send(request);
      await server.close();
      assert.match(text, expected);
    });
  }
});
