// While no signature is required, a web page of another site must not be able to do anything through a browser on this machine.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { jsonFrom } from "../support/command.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-sites-"));
const data = join(folder, "data");
const LINGJUN = "2022-12-15";
const CLUSTER = "i100000000000000000001";
const FORM = { "content-type": "application/x-www-form-urlencoded" };
const JSON_BODY = { "content-type": "application/json" };

type Headers = Readonly<Record<string, string>>;

interface Sent {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

let server: ServerProcess;
let strict: ServerProcess;
before(async () => {
  [server, strict] = await Promise.all([
    startServerProcess(["--data", data, "--allow-host", "tasks.internal"]),
    startServerProcess(["--data", join(folder, "strict"), "--auth", "strict"]),
  ]);
});
after(async () => {
  await Promise.all([server.end("SIGTERM"), strict.end("SIGTERM")]);
  rmSync(folder, { recursive: true, force: true });
});

/** Sends it with these headers and no others; the answer's body up to where it pauses if it is a stream. */
function send(method: string, path: string, headers: Headers = {}, body = "", to = server) {
  const { hostname, port } = new URL(to.url);
  const { promise, resolve, reject } = Promise.withResolvers<Sent>();
  const length = body === "" ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const options = { hostname, port, method, path, headers: { ...length, ...headers } };
  const sent = request({ ...options, agent: false }, (response) => {
    const { statusCode: status = 0, headers: answered } = response;
    let text = "";
    response.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (String(answered["content-type"]).startsWith("text/event-stream")) response.destroy();
    });
    response.on("error", () => undefined);
    response.on("close", () => resolve({ status, headers: answered, text }));
  });
  sent.on("error", reject);
  sent.end(body);
  return promise;
}

function codeIn(text: string): string {
  const body = JSON.parse(text);
  return body.Code ?? body.code ?? body.error.code;
}

async function clusterState(): Promise<string> {
  const path = `/?Action=DescribeCluster&Version=${LINGJUN}&ClusterId=${CLUSTER}`;
  const { status, text } = await send("GET", path);
  assert.equal(status, 200, text);
  return JSON.parse(text).OperatingState;
}

/** A read of each dialect, and what its answer to a refusal has beside the code. */
const READS: Readonly<Record<string, { path: string; headers?: Headers; shape: RegExp }>> = {
  ack: { path: "/clusters/c0000000000000000000000000000da01/nodepools", shape: /"Code"|"code"/ },
  lingjun: { path: `/?Action=ListClusters&Version=${LINGJUN}`, shape: /"RequestId".+"Code"/ },
  bdrc: {
    path: "/api/v1/rules",
    headers: { "x-acs-version": "2023-08-08" },
    shape: /"RequestId".+"Code"|"Code".+"RequestId"/,
  },
  cloudcontrol: {
    path: "/api/v1/providers/aliyun/products",
    headers: { "x-acs-version": "2022-08-30" },
    shape: /"Code"|"code"/,
  },
  native: { path: "/v1/tasks", shape: /^\{"error":\{"code"/ },
};

const FOREIGN: Readonly<Record<string, { headers: Headers; code: string }>> = {
  "a name of its own that means 127.0.0.1": {
    headers: { host: "evil.example:4010" },
    code: "Forbidden.ForeignHost",
  },
  "fetch from elsewhere": {
    headers: { origin: "http://evil.example", "sec-fetch-site": "cross-site" },
    code: "Forbidden.ForeignSite",
  },
  "a browser that sends no Origin": {
    headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" },
    code: "Forbidden.ForeignSite",
  },
  "another port of this machine": {
    headers: { origin: "http://127.0.0.1:8080", "sec-fetch-site": "same-site" },
    code: "Forbidden.ForeignSite",
  },
  "a file": { headers: { origin: "null" }, code: "Forbidden.ForeignSite" },
};

describe("a page of another site", () => {
  for (const [dialect, { path, headers = {}, shape }] of Object.entries(READS)) {
    it(`reads nothing of ${dialect}, and is told so in ${dialect}'s words`, async () => {
      const fine = await send("GET", path, headers);
      assert.equal(fine.status, 200, fine.text);
      for (const [by, foreign] of Object.entries(FOREIGN)) {
        const { status, text } = await send("GET", path, { ...headers, ...foreign.headers });
        assert.equal(status, 403, `${by}: ${text}`);
        assert.equal(codeIn(text), foreign.code, by);
        assert.match(text, shape);
      }
    });
  }

  it("changes nothing with a form", async () => {
    const before = await clusterState();
    const body = `Action=DeleteCluster&Version=${LINGJUN}&ClusterId=${CLUSTER}`;
    for (const [by, { headers, code }] of Object.entries(FOREIGN)) {
      const { status, text } = await send("POST", "/", { ...FORM, ...headers }, body);
      assert.equal(status, 403, by);
      assert.equal(codeIn(text), code, by);
    }
    assert.equal(await clusterState(), before);
  });

  it("changes nothing with a link, an image or an address that is typed", async () => {
    const before = await clusterState();
    const path = `/?Action=DeleteCluster&Version=${LINGJUN}&ClusterId=${CLUSTER}`;
    for (const headers of [
      { "sec-fetch-site": "none", "sec-fetch-mode": "navigate" },
      { "sec-fetch-site": "same-origin", "sec-fetch-dest": "image" },
      { "user-agent": "Mozilla/5.0 (Macintosh) Version/15.6 Safari/605.1.15" },
    ]) {
      const { status, text } = await send("GET", path, headers);
      assert.equal(status, 403, text);
      assert.equal(codeIn(text), "Forbidden.BrowserGet");
    }
    assert.equal(await clusterState(), before);
  });

  it("makes no webhook, and starts, cancels and deletes nothing of our own API", async () => {
    const calls = [
      ["POST", "/v1/webhooks", JSON.stringify({ url: "http://evil.example/" })],
      ["POST", "/v1/tasks", JSON.stringify({ type: "x" })],
      ["POST", "/v1/tasks/none/cancel", "{}"],
      ["DELETE", "/v1/webhooks/none", ""],
    ] as const;
    for (const { headers, code } of Object.values(FOREIGN)) {
      for (const [method, path, body] of calls) {
        for (const type of [JSON_BODY, {}, { "content-type": "text/plain" }]) {
          const { status, text } = await send(method, path, { ...type, ...headers }, body);
          assert.equal(status, 403, `${method} ${path}: ${text}`);
          assert.equal(codeIn(text), code);
        }
      }
    }
  });

  it("neither waits, nor listens, nor learns which operations there are", async () => {
    const paths = ["/v1/tasks/none/wait?timeout=30", "/v1/events/stream", "/v1/no/such", "/none"];
    const label = await send("GET", "/clusters", { host: "cs.evil.example" });
    assert.equal(codeIn(label.text), "Forbidden.ForeignHost", "a product's label");
    for (const { headers, code } of Object.values(FOREIGN)) {
      for (const path of paths) {
        const { status, text } = await send("GET", path, headers);
        assert.equal(status, 403, `${path}: ${text}`);
        assert.equal(codeIn(text), code, path);
      }
    }
  });

  it("reads no metrics, whatever the mode", async () => {
    for (const to of [server, strict]) {
      assert.equal((await send("GET", "/metrics", {}, "", to)).status, 200);
      for (const { headers } of Object.values(FOREIGN)) {
        const { status, text } = await send("GET", "/metrics", headers, "", to);
        assert.equal(status, 403);
        assert.doesNotMatch(text, /taskscribe_/);
      }
    }
  });

  it("gets no permission by CORS, here or from any answer", async () => {
    const asks = {
      origin: "http://evil.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type",
    };
    const own = { origin: server.url, "sec-fetch-site": "same-origin" };
    for (const path of ["/", "/v1/tasks", "/v1/webhooks", "/clusters", "/metrics", "/docs"]) {
      for (const answer of [
        await send("OPTIONS", path, asks),
        await send("GET", path, asks),
        await send("GET", path, own),
      ]) {
        const names = Object.keys(answer.headers);
        assert.deepEqual(
          names.filter((name) => name.startsWith("access-control-")),
          [],
        );
      }
    }
  });

  it("is in the audit", async () => {
    const { entries } = await jsonFrom<{ entries: readonly { reason: string }[] }>(
      ...["audit", "list", "--data", data, "--limit", "500"],
    );
    const reasons = new Set(entries.map(({ reason }) => reason));
    for (const reason of ["foreign-host", "foreign-site", "browser-get"]) {
      assert.ok(reasons.has(reason), reason);
    }
  });
});

describe("what is not hindered", () => {
  it("is a request by any name of this machine, of a product, or that was allowed", async () => {
    const { port } = new URL(server.url);
    for (const host of [
      ...[`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, "cs.localhost", "127.0.0.2"],
      ...["cs.cn-hangzhou.aliyuncs.com", "bdrc.aliyuncs.com", "tasks.internal:1", ""],
    ]) {
      const path = host.includes("aliyuncs") || host.startsWith("cs.") ? "/clusters" : "/v1/tasks";
      const { status, text } = await send("GET", path, { host, "x-acs-version": "" });
      assert.notEqual(status, 403, `${host}: ${text}`);
    }
  });

  it("is a page of this server, and a program that says what it is", async () => {
    const { host } = new URL(server.url);
    const own = { host, origin: server.url, "sec-fetch-site": "same-origin" };
    assert.equal((await send("GET", "/v1/tasks", own)).status, 200);
    const refused = await send("POST", "/v1/tasks", { ...own, ...JSON_BODY }, "{}");
    assert.equal(refused.status, 400, refused.text);
    assert.equal((await fetch(`${server.url}/v1/tasks`)).status, 200, "Node's fetch");
  });

  it("is HTTP/1.0 without Host", async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write("GET /v1/tasks HTTP/1.0\r\n\r\n");
    let text = "";
    for await (const chunk of socket.setEncoding("utf8")) text += chunk;
    assert.match(text, /^HTTP\/1\.1 200 /);
  });

  it("is a look at the server's health and its documentation, by any name", async () => {
    for (const path of ["/healthz", "/readyz", "/docs", "/v1/openapi.json"]) {
      const { status } = await send("GET", path, { host: "evil.example" });
      assert.equal(status, 200, path);
    }
  });

  it("is whoever must prove who they are: there the signature decides", async () => {
    for (const { headers } of Object.values(FOREIGN)) {
      const { text } = await send("GET", "/v1/tasks", headers, "", strict);
      assert.doesNotMatch(codeIn(text), /^Forbidden/);
    }
  });
});
