import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ServedNames } from "../tls/tls-names.ts";
import { absoluteTarget, connectTarget } from "./proxy-target.ts";

describe("the target of a CONNECT", () => {
  it("is host and port", () => {
    assert.deepEqual(connectTarget("CS.cn-hangzhou.aliyuncs.com:443"), {
      host: "cs.cn-hangzhou.aliyuncs.com",
      port: 443,
      path: "",
    });
  });
  for (const target of [
    "",
    "host",
    "host:",
    ":443",
    "host:99999999",
    "/x:1",
    "http://h:1",
    "[::1]:443",
    "a b:1",
    "h:44\u00003",
    "user@h:443",
    "h:443/",
    "h:-1",
    "é:443",
  ]) {
    it(`is not ${JSON.stringify(target)}`, () => assert.equal(connectTarget(target), undefined));
  }
});

describe("the target of a plain request", () => {
  const cases = {
    "http://cs.aliyuncs.com/tasks/T-1?a=b": "/tasks/T-1?a=b",
    "http://cs.aliyuncs.com": "/",
    "HTTP://CS.aliyuncs.com?x=1": "/?x=1",
    "http://cs.aliyuncs.com:80/a/../b": "/a/../b",
  };
  for (const [target, path] of Object.entries(cases)) {
    it(`keeps the path of ${target}`, () => {
      const expected = { host: "cs.aliyuncs.com", port: 80, path };
      assert.deepEqual(absoluteTarget(target, "cs.aliyuncs.com"), expected);
      assert.deepEqual(absoluteTarget(target, "CS.aliyuncs.com:80"), expected);
      assert.deepEqual(absoluteTarget(target, undefined), expected);
    });
  }
  it("is refused if the Host header names another", () => {
    const target = "http://cs.aliyuncs.com/";
    for (const host of [
      "example.com",
      "cs.aliyuncs.com:8080",
      "",
      "cs.aliyuncs.com.evil",
      "bdrc.aliyuncs.com",
    ]) {
      assert.equal(absoluteTarget(target, host), undefined, host);
    }
  });
  for (const target of [
    "/",
    "*",
    "https://cs.aliyuncs.com/",
    "ftp://cs.aliyuncs.com/",
    "http:///x",
    "http://u:p@cs.aliyuncs.com/",
    "http://cs.aliyuncs.com#f",
    "http://[::1]/",
  ]) {
    it(`is not ${target}`, () => assert.equal(absoluteTarget(target, undefined), undefined));
  }
});

describe("the names that are served", () => {
  const names = new ServedNames([
    ["cs", "cs-anony-vpc"],
    ["eflo-controller"],
    [],
    ["bdrc"],
    ["cloudcontrol"],
  ]);
  const products = [
    "cs.aliyuncs.com",
    "cs.cn-hangzhou.aliyuncs.com",
    "cs-anony-vpc.cn-beijing.aliyuncs.com",
    "eflo-controller.cn-wulanchabu.aliyuncs.com",
    "bdrc.cn-hangzhou.aliyuncs.com",
    "cloudcontrol.aliyuncs.com",
  ];
  for (const name of products) it(`have ${name}`, () => assert.ok(names.isProduct(name)));
  const others = [
    "aliyuncs.com",
    "ecs.aliyuncs.com",
    "sts.cn-hangzhou.aliyuncs.com",
    "cs.a.b.aliyuncs.com",
    "cs.aliyuncs.com.evil.com",
    "xcs.aliyuncs.com",
    "cs.aliyuncs.com.",
    "cs..aliyuncs.com",
    "cs.-a.aliyuncs.com",
    "csXaliyuncs.com",
    "cs.aliyuncsXcom",
    "localhost",
    `cs.${"a".repeat(64)}.aliyuncs.com`,
    "cs.a\n.aliyuncs.com",
    "cs.aliyuncs.com\n",
  ];
  for (const name of others)
    it(`have not ${JSON.stringify(name)}`, () => assert.ok(!names.isProduct(name)));
  it("have this machine's", () => {
    for (const name of ["localhost", "bdrc.localhost", "cs.cn-hangzhou.localhost"])
      assert.ok(names.isLocal(name));
    for (const name of ["localhost.evil.com", "xlocalhost", ".localhost", "a..localhost"])
      assert.ok(!names.isLocal(name), name);
  });
});
