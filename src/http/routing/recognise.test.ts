import assert from "node:assert/strict";
import { describe, it } from "node:test";
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
