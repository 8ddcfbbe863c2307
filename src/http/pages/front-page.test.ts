import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startTestServer, type TestServer } from "../../../test/support/test-server.ts";

/** As Chromium sends it. */
const BROWSER = {
  accept:
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
};
let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server.close());

describe("GET /", () => {
  it("shows a browser what this is, with nothing from elsewhere", async () => {
    const { status, headers, text } = await server.send({ path: "/", headers: BROWSER });
    assert.equal(status, 200);
    assert.equal(headers["content-type"], "text/html; charset=utf-8");
    assert.match(
      String(headers["content-security-policy"]),
      /^default-src 'none'; style-src 'self';/,
    );
    assert.match(text, /<h1>Taskscribe<\/h1>/);
    assert.doesNotMatch(text, /https?:|<script|style=/);
  });

  it("leads to what is there", async () => {
    const { text } = await server.send({ path: "/", headers: BROWSER });
    const links = [...text.matchAll(/href="([^"]+)"/g)].map(([, link = ""]) => link);
    assert.ok(links.length >= 6);
    // The numbers are another test's: this server has none.
    for (const path of links.filter((link) => link !== "/metrics")) {
      assert.equal((await server.send({ path })).status, 200, path);
    }
  });

  const CLIENTS: Readonly<Record<string, Parameters<TestServer["send"]>[0]>> = {
    "without Accept": { path: "/" },
    "that takes anything": { path: "/", headers: { accept: "*/*" } },
    "with an action in the header": { path: "/", headers: { ...BROWSER, "x-acs-action": "X" } },
    "with a version": { path: "/", headers: { ...BROWSER, "x-acs-version": "2022-12-15" } },
    "with a signature": { path: "/", headers: { ...BROWSER, authorization: "acs x:y" } },
    "with an action in the query": { path: "/?Action=DescribeTask", headers: BROWSER },
    "that posts": { method: "POST", path: "/", headers: BROWSER },
  };
  for (const [name, request] of Object.entries(CLIENTS)) {
    it(`answers a client ${name} as ever`, async () => {
      const { status, text } = await server.send(request);
      assert.ok(status >= 400, String(status));
      assert.match(JSON.parse(text).Code, /^(Missing|Invalid)/);
    });
  }
});
