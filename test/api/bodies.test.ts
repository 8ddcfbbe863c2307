import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { PreparedSecret } from "../../src/auth/credentials.ts";
import { signAcs3 } from "../../src/auth/sign.ts";
import { HTTP_LIMITS } from "../../src/http/limits.ts";
import {
  type Fixture,
  type FixtureOptions,
  type MadeKey,
  openFixture,
} from "../support/access-fixture.ts";
import { type RawCall, rawCall } from "../support/raw-call.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

const SCALE_OUT = "/api/v2/clusters/c1";
const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

interface Strict {
  readonly door: Fixture;
  readonly server: TestServer;
  readonly key: MadeKey;
}

/** A server that checks signatures, with the service of a test behind it. */
async function strict(options: FixtureOptions = { shares: {} }): Promise<Strict> {
  const door = await openFixture(options);
  const server = await startTestServer({ access: door.control });
  open.push(server);
  return { door, server, key: await door.makeKey() };
}

interface Head {
  readonly path?: string;
  readonly action?: string;
  /** What is said about the body. */
  readonly framing: string;
  /** The body that is signed; what is sent of it is the test's affair. */
  readonly body?: string;
  readonly skewMs?: number;
  readonly more?: string;
}

/** The head of a signed POST. */
function headOf({ door, server }: Strict, key: MadeKey, asked: Head): string {
  const { path = SCALE_OUT, action = "ScaleOutCluster", framing, body = "", more = "" } = asked;
  const headers = signAcs3({
    method: "POST",
    url: `http://127.0.0.1:${server.port}${path}`,
    headers: { "x-acs-action": action, "x-acs-version": "2015-12-15" },
    body,
    key: { accessKeyId: key.accessKeyId, secret: new PreparedSecret(key.accessKeySecret) },
    dateMs: door.clock.now() + (asked.skewMs ?? 0),
    nonce: crypto.randomUUID(),
  });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\n${lines.join("")}${framing}\r\n${more}\r\n`;
}

/** It is closed after the test. */
function call(port: number, bytes: string): RawCall {
  const made = rawCall(port, bytes);
  open.push(made);
  return made;
}

/** `Code` of the first answer. */
async function codeOf(port: number, bytes: string): Promise<string> {
  const { hears } = call(port, bytes);
  const said = await hears(/"[Cc]ode":"[^"]+"/);
  return /"[Cc]ode":"([^"]+)"/.exec(said)?.[1] ?? "";
}

const SOON = "content-length: 100";

describe("row 22: before its body is read, a request is refused", () => {
  test("for a key that does not exist, is disabled or has expired, a date, headers that are not signed", async () => {
    const all = await strict();
    const { door, server, key } = all;
    const disabled = await door.makeKey();
    await door.asOperator("DisableAccessKey", { accessKeyId: disabled.accessKeyId });
    const cases: readonly (readonly [string, string])[] = [
      [
        "InvalidAccessKeyId.NotFound",
        headOf(all, { ...key, accessKeyId: "LTAInobody" }, { framing: SOON }),
      ],
      ["InvalidAccessKeyId.Inactive", headOf(all, disabled, { framing: SOON })],
      ["InvalidTimeStamp.Expired", headOf(all, key, { framing: SOON, skewMs: 16 * 60_000 })],
      [
        "SignatureDoesNotMatch",
        headOf(all, key, { framing: SOON, more: "x-acs-region-id: x\r\n" }),
      ],
      ["IncompleteSignature", `POST ${SCALE_OUT} HTTP/1.1\r\nhost: x\r\n${SOON}\r\n\r\n`],
    ];
    for (const [code, bytes] of cases) assert.equal(await codeOf(server.port, bytes), code);
    await door.clock.advance(50);
    const refused = (await door.audit()).filter(({ outcome }) => outcome === "refused");
    assert.equal(refused.at(0)?.action, "cs:ScaleOutCluster");
  });

  test("in chunks, too, and the rest of the body is dropped: the connection goes on", async () => {
    const all = await strict();
    const unknown = { ...all.key, accessKeyId: "LTAInobody" };
    const head = headOf(all, unknown, { framing: "transfer-encoding: chunked" });
    const { socket, hears } = call(all.server.port, head);
    await hears(/InvalidAccessKeyId\.NotFound/);
    socket.write(
      `5\r\nabcde\r\n0\r\n\r\n${headOf(all, all.key, { framing: "content-length: 0" })}`,
    );
    await hears(/HTTP\/1\.1 .*HTTP\/1\.1 /s);
  });

  test("but not one whose signature may stand in its form", async () => {
    const { server } = await strict();
    const form = "AccessKeyId=LTAInobody&Action=DescribeTask";
    const head = `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${form.length}\r\n\r\n`;
    const { socket, hears, said } = call(server.port, head);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(said(), "");
    socket.write(form);
    await hears(/IncompleteSignature/);
  });

  test("with Expect: 100-continue, without being told to go on, and the connection ends", async () => {
    const all = await strict();
    const expecting = { framing: SOON, more: "expect: 100-continue\r\n" };
    const unknown = { ...all.key, accessKeyId: "LTAInobody" };
    const refused = call(all.server.port, headOf(all, unknown, expecting));
    const said = await refused.hears(/NotFound/);
    assert.match(said, /^HTTP\/1\.1 404 .*connection: close/is);
    const body = "x".repeat(100);
    const good = call(all.server.port, headOf(all, all.key, { ...expecting, body }));
    await good.hears(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    good.socket.write(body);
    await good.hears(/100 Continue\r\n\r\nHTTP\/1\.1 [2-5]/);
  });
});

describe("row 22: a body is bounded by what the operation may take", () => {
  const between = HTTP_LIMITS.readBodyBytes + 1;
  const cancel = { path: "/tasks/T-1/cancel", action: "CancelTask" };

  test("one that controls a task takes 64 KB, said before the body comes", async () => {
    const all = await strict();
    const head = headOf(all, all.key, { ...cancel, framing: `content-length: ${between}` });
    const { hears } = call(all.server.port, head);
    const said = await hears(/RequestEntityTooLarge/);
    assert.match(said, /^HTTP\/1\.1 413 .*give at most 64 KB/s);
  });

  test("one that controls a task takes 64 KB in chunks, too", async () => {
    const all = await strict();
    const head = headOf(all, all.key, { ...cancel, framing: "transfer-encoding: chunked" });
    const chunk = `${between.toString(16)}\r\n${"x".repeat(between)}\r\n`;
    const { hears } = call(all.server.port, head + chunk);
    await hears(/^HTTP\/1\.1 413 .*RequestEntityTooLarge/s);
  });

  test("one that starts a task takes 1 MB", async () => {
    const all = await strict();
    const body = "x".repeat(between);
    const head = headOf(all, all.key, { framing: `content-length: ${between}`, body });
    const { hears } = call(all.server.port, head + body);
    assert.doesNotMatch(await hears(/^HTTP\/1\.1 \d+/), /^HTTP\/1\.1 413/);
  });
});

describe("row 22: bytes of bodies under way", () => {
  test("of an account are bounded, and another account still has room", async () => {
    const shares = { accounts: { "100": { bodyBytes: 50 } } };
    const all = await strict({ shares });
    const [full, free] = [
      await all.door.makeKey({ account: "100" }),
      await all.door.makeKey({ account: "200" }),
    ];
    const body = "x".repeat(60);
    const asked = { framing: `content-length: ${body.length}`, body };
    assert.equal(await codeOf(all.server.port, headOf(all, full, asked) + body), "Throttling.User");
    assert.notEqual(
      await codeOf(all.server.port, headOf(all, free, asked) + body),
      "Throttling.User",
    );
    assert.equal(
      all.door.shares?.usageOf("100").find(({ kind }) => kind === "bodyBytes")?.refused,
      1,
    );
  });

  test("are given back when the request is answered, and when its client leaves", async () => {
    const all = await strict();
    const body = "x".repeat(60);
    const asked = { framing: `content-length: ${body.length}`, body };
    await codeOf(all.server.port, headOf(all, all.key, asked) + body);
    const leaving = call(all.server.port, headOf(all, all.key, asked) + body.slice(0, 30));
    const { shares } = all.door;
    const until = async (bytes: number) => {
      while (shares?.unproven.bodyBytes !== bytes) await new Promise((next) => setImmediate(next));
    };
    await until(30);
    leaving.socket.destroy();
    await until(0);
    const used = shares?.usageOf(all.key.account).map(({ used }) => used);
    assert.deepEqual(used?.slice(0, 1), [0]);
    assert.equal(
      shares?.usageOf(all.key.account).find(({ kind }) => kind === "bodyBytes")?.used,
      0,
    );
  });
});
