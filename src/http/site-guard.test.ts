import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SiteGuard } from "./site-guard.ts";

const guard = (host = "127.0.0.1", allowed: readonly string[] = []) =>
  new SiteGuard({ host, allowed, productLabels: [["cs"], ["bdrc"]] });

describe("the names of a server", () => {
  const OWN = [
    ...["localhost", "localhost:4010", "LOCALHOST:4010", "localhost.", "cs.localhost:80"],
    ...["a.b.localhost", "127.0.0.1", "127.0.0.1:4010", "127.8.9.10:1", "[::1]", "[::1]:4010"],
    ...["[0:0:0:0:0:0:0:1]:4010", "[::ffff:127.0.0.1]:4010", "cs.aliyuncs.com", "localhost:"],
    ...["cs.cn-hangzhou.aliyuncs.com:443", "BDRC.cn-beijing.aliyuncs.com", ""],
  ];
  const FOREIGN = [
    ...["evil.example", "evil.example:4010", "localhost.evil.example", "127.0.0.1.evil.example"],
    ...["cs.evil.example", "cs.cn-hangzhou.aliyuncs.com.evil.example", "ecs.aliyuncs.com"],
    ...["10.0.0.1:4010", "0.0.0.0:4010", "[::2]:4010", "[::]", "xlocalhost", "cs", "2130706433"],
    ...["127.1", "localhost@evil.example", "evil.example#localhost", "localhost evil.example"],
    ...["localhost, evil.example", "[::1", "[zz]", "http://localhost", "localhost/evil"],
  ];
  for (const host of OWN) {
    it(`have "${host}" among them`, () => assert.equal(guard().servesHost(host), true));
  }
  for (const host of FOREIGN) {
    it(`do not have "${host}"`, () => assert.equal(guard().servesHost(host), false));
  }

  it("have the address or name that it listens on", () => {
    assert.equal(guard("10.0.0.1").servesHost("10.0.0.1:4010"), true);
    assert.equal(guard("10.0.0.1").servesHost("10.0.0.2:4010"), false);
    assert.equal(guard("fd00::1").servesHost("[FD00:0::1]:4010"), true);
    assert.equal(guard("Tasks.internal").servesHost("tasks.INTERNAL:4010"), true);
  });

  it("have every address, but not every name, of a server that listens on all", () => {
    for (const host of ["0.0.0.0", "::"]) {
      for (const address of ["10.0.0.1:4010", "[fd00::1]:4010", "0.0.0.0"]) {
        assert.equal(guard(host).servesHost(address), true, address);
      }
      assert.equal(guard(host).servesHost("tasks.internal"), false);
    }
  });

  it("have what the operator allows, and with a star the names below", () => {
    const some = guard("127.0.0.1", ["Tasks.internal", "*.lab.example"]);
    for (const host of ["tasks.internal:4010", "a.lab.example", "a.b.LAB.example:80"]) {
      assert.equal(some.servesHost(host), true, host);
    }
    for (const host of ["lab.example", "xlab.example", ".lab.example", "a.tasks.internal"]) {
      assert.equal(some.servesHost(host), false, host);
    }
  });

  it("stay the same however many are asked for", () => {
    const asked = guard();
    for (let i = 0; i < 1_000; i++) assert.equal(asked.servesHost(`evil-${i}.example`), false);
    assert.equal(asked.servesHost("localhost"), true);
    assert.equal(asked.servesHost("evil-1.example"), false);
  });
});

describe("a request while callers are not authenticated", () => {
  const host = "127.0.0.1:4010";
  const codeOf = (headers: Record<string, string>, method = "POST", changes = true) =>
    guard().refusal(method, { host, ...headers }, changes)?.code;

  it("is fine without anything that browsers send", () => {
    assert.equal(codeOf({}), undefined);
    assert.equal(codeOf({}, "GET"), undefined);
    assert.equal(guard().refusal("GET", {}, true), undefined, "HTTP/1.0 needs no Host");
  });

  it("is fine from a page of this server", () => {
    assert.equal(codeOf({ origin: `http://${host}`, "sec-fetch-site": "same-origin" }), undefined);
    assert.equal(codeOf({ origin: `https://${host}` }), undefined);
    assert.equal(codeOf({ origin: "http://LOCALHOST", host: "localhost:80" }), undefined);
    assert.equal(codeOf({ origin: "https://localhost", host: "localhost:443" }), undefined);
    assert.equal(codeOf({ "sec-fetch-site": "none" }), undefined, "typed by the user");
  });

  it("is refused from any other page", () => {
    const foreign = "Forbidden.ForeignSite";
    for (const origin of [
      ...["http://evil.example", "null", "", "http://127.0.0.1:4011", "http://localhost:4010"],
      ...["file://", "chrome-extension://abc", `http://${host}.evil.example`, `ftp://${host}`],
      `http://${host}, http://evil.example`,
    ]) {
      assert.equal(codeOf({ origin }), foreign, origin);
    }
    for (const site of ["cross-site", "same-site", "", "same-origin, cross-site", "other"]) {
      assert.equal(codeOf({ "sec-fetch-site": site }), foreign, site);
      assert.equal(codeOf({ "sec-fetch-site": site }, "GET", false), foreign, site);
    }
    assert.equal(codeOf({ origin: `http://${host}`, "sec-fetch-site": "cross-site" }), foreign);
    assert.equal(guard().refusal("GET", { origin: "http://localhost" }, false)?.code, foreign);
  });

  it("is refused by a name of somebody else's", () => {
    const { code, message = "" } =
      guard().refusal("GET", { host: "evil.example:4010" }, false) ?? {};
    assert.equal(code, "Forbidden.ForeignHost");
    assert.match(message, /"evil\.example:4010".+--allow-host/);
  });

  it("changes nothing by GET from a browser, not even one of this server's pages", () => {
    const marks: readonly Record<string, string>[] = [
      { "sec-fetch-site": "same-origin" },
      { "sec-fetch-site": "none" },
      { "sec-fetch-dest": "image" },
      { "sec-fetch-user": "?1" },
      { "user-agent": "Mozilla/5.0 (X11; Linux x86_64) Safari/605.1.15" },
    ];
    for (const mark of marks) {
      assert.equal(codeOf(mark, "GET"), "Forbidden.BrowserGet");
      assert.equal(codeOf(mark, "HEAD"), "Forbidden.BrowserGet");
      assert.equal(codeOf(mark, "GET", false), undefined);
      assert.equal(codeOf(mark, "POST"), undefined);
    }
    assert.equal(codeOf({ "sec-fetch-mode": "cors" }, "GET"), undefined, "Node's fetch");
    assert.equal(codeOf({ "user-agent": "AlibabaCloud (linux; x86_64)" }, "GET"), undefined);
  });
});
