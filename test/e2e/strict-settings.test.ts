import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { jsonFrom } from "../support/command.ts";
import { csClient, type Keys, popRpc } from "../support/official-clients.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { SignedHttp } from "../support/signed-http.ts";

/* Capability 2 and row 15 on a running server, with the official clients. */

const folder = mkdtempSync(join(tmpdir(), "taskscribe-strict-settings-"));
const data = join(folder, "data");
let server: ServerProcess;
let keys: Keys;

before(async () => {
  keys = await jsonFrom<Keys>("key", "create", "--data", data);
  const strict = ["--auth", "strict", "--schemes", "acs3", "--require-nonce"];
  server = await startServerProcess([
    "--data",
    data,
    ...strict,
    "--max-clock-difference-ms",
    "60000",
  ]);
});

after(async () => {
  await server?.end("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

describe("a server that accepts ACS3 alone", () => {
  it("serves the current SDK, and tells an older signature that it is not supported", async () => {
    const describeTask = (signing: "acs3" | "v1") =>
      csClient(server.address, keys, signing).describeTaskInfo("T-0");
    await assert.rejects(describeTask("acs3"), /the task T-0 not found/);
    await assert.rejects(describeTask("v1"), { code: "InvalidSignatureMethod" });
    const rpc = popRpc(server.address, keys, "2022-12-15");
    await assert.rejects(rpc.request("DescribeTask", { TaskId: "i1" }), {
      code: "InvalidSignatureMethod",
    });
  });
});

describe("row 15 on a running server", () => {
  it("a header that our own client signs is obeyed, and one that somebody adds is refused", async () => {
    const client = new SignedHttp(server.address, keys);
    const path = "/tasks/T-0";
    const signed = await client.send({
      path,
      headers: { "x-taskscribe-at": "2026-01-01T00:00:00Z" },
    });
    client.close();
    assert.match(signed.text, /the task T-0 not found/);
    const { accessKeyId, accessKeySecret } = keys;
    const { PreparedSecret } = await import("../../src/auth/credentials.ts");
    const { signAcs3 } = await import("../../src/auth/sign.ts");
    for (const name of [
      "Prefer",
      "Idempotency-Key",
      "X-Taskscribe-At",
      "Last-Event-ID",
      "Content-Type",
    ]) {
      const url = `http://${server.address}${path}`;
      const { host: _, ...headers } = signAcs3({
        method: "GET",
        url,
        key: { accessKeyId, secret: new PreparedSecret(accessKeySecret) },
        dateMs: Date.now(),
        nonce: crypto.randomUUID(),
      });
      const response = await fetch(url, { headers: { ...headers, [name]: "1" } });
      const text = await response.text();
      assert.match(text, /"Code":"SignatureDoesNotMatch"/, name);
      assert.ok(text.includes(`${name.toLowerCase()}: this header changes`), text);
    }
  });
});
