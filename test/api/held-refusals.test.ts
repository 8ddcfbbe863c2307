import assert from "node:assert/strict";
import { afterEach, describe, mock, test } from "node:test";
import type { AccessCall } from "../../src/access/call.ts";
import { REFUSAL_PACE } from "../../src/access/limits/refusal-pace.ts";
import { PreparedSecret } from "../../src/auth/credentials.ts";
import { signAcs3 } from "../../src/auth/sign.ts";
import { type Fixture, type MadeKey, openFixture } from "../support/access-fixture.ts";
import { type RawCall, rawCall } from "../support/raw-call.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

const LOUD = "100";
const QUIET = "200";
const HERE = "127.0.0.1";
const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

interface Strict {
  readonly door: Fixture;
  readonly server: TestServer;
  readonly loud: MadeKey;
  readonly quiet: MadeKey;
  /** Of each refusal that was answered, whether it was kept back. */
  readonly held: boolean[];
}

/** A server that lets no call of the loud account in. */
async function strict(): Promise<Strict> {
  const none = { account: { perSecond: 1e-6, burst: 1 } };
  const door = await openFixture({ shares: {}, throttling: { accounts: { [LOUD]: none } } });
  const held: boolean[] = [];
  const server = await startTestServer({
    access: door.control,
    answered: (exchange, { problem }) => problem?.reason && held.push(exchange.held),
  });
  open.push(server);
  const loud = await door.makeKey({ account: LOUD });
  const quiet = await door.makeKey({ account: QUIET });
  const all = { door, server, loud, quiet, held };
  await call(all, describeTask(all, loud)).hears(/^HTTP\/1\.1 \d/);
  return all;
}

/** So many refusals were there before; their answers have gone. */
function refusedBefore({ door }: Strict, account: string | undefined, times: number): void {
  const asked = { source: HERE } as AccessCall;
  const caller = account === undefined ? undefined : { account, requestId: "", actor: "" };
  for (let i = 0; i < times; i++) door.control.refusalDelayMs(asked, caller);
}

function describeTask(
  { door, server }: Strict,
  key: MadeKey,
  secret = key.accessKeySecret,
): string {
  return signed({ door, server }, key, secret, { method: "GET", path: "/tasks/T-1" });
}

function scaleOut({ door, server }: Strict, key: MadeKey, body: string): string {
  const path = "/api/v2/clusters/c1";
  return signed({ door, server }, key, key.accessKeySecret, { method: "POST", path, body });
}

interface Asked {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: string;
}

function signed(
  { door, server }: Pick<Strict, "door" | "server">,
  { accessKeyId }: MadeKey,
  secret: string,
  { method, path, body = "" }: Asked,
): string {
  const action = method === "GET" ? "DescribeTaskInfo" : "ScaleOutCluster";
  const headers = signAcs3({
    method,
    url: `http://${HERE}:${server.port}${path}`,
    headers: { "x-acs-action": action, "x-acs-version": "2015-12-15" },
    body,
    key: { accessKeyId, secret: new PreparedSecret(secret) },
    dateMs: door.clock.now(),
    nonce: crypto.randomUUID(),
  });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = body === "" ? "" : `content-length: ${body.length}\r\n`;
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}${length}\r\n${body}`;
}

/** It is closed after the test. */
function call({ server }: Strict, bytes: string): RawCall {
  const made = rawCall(server.port, bytes);
  open.push(made);
  return made;
}

const { burst, longestMs, perSecond } = REFUSAL_PACE;
/** After so many, the next answer is kept back as long as any is. */
const FLOOD = burst + (longestMs / 1_000) * perSecond;

describe("an account that is refused more often than anybody needs", () => {
  test("is told later; others are answered meanwhile, and a stop lets it know at once", async () => {
    const all = await strict();
    refusedBefore(all, LOUD, FLOOD);
    const kept = call(all, describeTask(all, all.loud));
    // The same address, but another account: neither what it may do nor what it may not is kept back.
    await call(all, describeTask(all, all.quiet)).hears(/^HTTP\/1\.1 \d/);
    await call(all, describeTask(all, all.quiet, "wrong")).hears(/SignatureDoesNotMatch/);
    assert.equal(kept.said(), "");
    const heard = kept.hears(/^HTTP\/1\.1 400 .*x-acs-retry-after: \d+.*"Throttling\.User"/is);
    await Promise.all([all.server.close(), heard]);
    // How long that took says nothing about the server: it is neither slow nor counted as such.
    assert.deepEqual(all.held, [false, true]);
  });

  test("gets every answer, in order, and nothing is read from its connection until then", async () => {
    const all = await strict();
    refusedBefore(all, LOUD, burst + 2);
    const calls = Array.from({ length: 5 }, () => describeTask(all, all.loud));
    const asked = calls.map((one) => /x-acs-signature-nonce: (\S+)/i.exec(one)?.[1]);
    assert.equal(new Set(asked).size, 5);
    const { hears } = call(all, calls.join(""));
    const said = await hears(/(?:HTTP\/1\.1 400 .*?Throttling\.User.*?){5}/s);
    assert.equal(said.match(/HTTP\/1\.1 400/g)?.length, 5);
  });

  test("keeps no body in memory meanwhile", async () => {
    const all = await strict();
    refusedBefore(all, LOUD, FLOOD);
    const asked = mock.method(all.door.control, "refusalDelayMs");
    const { said } = call(all, scaleOut(all, all.loud, "x".repeat(100_000)));
    while (asked.mock.callCount() === 0) await new Promise((resolve) => setImmediate(resolve));
    const { shares } = all.door.control;
    assert.equal(shares?.unproven.bodyBytes, 0);
    assert.equal(shares?.usageOf(LOUD).find(({ kind }) => kind === "bodyBytes")?.used, 0);
    assert.equal(said(), "");
  });

  test("and whoever proves nothing waits by address: a signed call from there does not", async () => {
    const all = await strict();
    refusedBefore(all, undefined, FLOOD);
    const forged = call(all, describeTask(all, all.quiet, "wrong"));
    await call(all, describeTask(all, all.quiet)).hears(/^HTTP\/1\.1 \d/);
    assert.equal(forged.said(), "");
  });
});
