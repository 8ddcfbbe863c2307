import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { jsonFrom } from "../support/command.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { SignedHttp, type SigningKeys } from "../support/signed-http.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-revoked-"));
const data = join(folder, "data");
const root = join(import.meta.dirname, "../..");
let server: ServerProcess;

before(async () => {
  const config = join(folder, "revoked.config.ts");
  writeFileSync(
    config,
    `import { defineConfig, defineTask } from ${JSON.stringify(join(root, "src/index.ts"))};
    const only = (_, { signal }) => new Promise((done) => signal.addEventListener("abort", done));
    export default defineConfig({
      types: [defineTask({ type: "long", steps: { only } })],
      throttling: { operations: { "taskscribe:CountTasks": { perSecond: 0.001, burst: 1 } } },
      quotas: { openTasks: 5 },
    });`,
  );
  const args = ["--data", data, "--auth", "strict", "--config", config, "--drain-ms", "0"];
  server = await startServerProcess(args);
});

after(async () => {
  server.child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const makeKey = () => jsonFrom<SigningKeys>("key", "create", "--data", data);

const codeIn = (text: string) => /"code":"([^"]+)"/.exec(text)?.[1];

async function startLong(http: SignedHttp) {
  return http.send({
    method: "POST",
    path: "/v1/tasks",
    headers: { "content-type": "application/json" },
    body: '{"type":"long","input":{}}',
  });
}

describe("a key that is revoked while its caller waits", () => {
  it("ends the wait with a refusal, and the stream", async () => {
    const keys = await makeKey();
    const http = new SignedHttp(server.address, keys);
    const { id } = JSON.parse((await startLong(http)).text) as { id: string };
    const stream = await http.listen("/v1/events");
    const wait = http.send({ path: `/v1/tasks/${id}/wait?timeout=300` });
    await jsonFrom("key", "disable", keys.accessKeyId, "--data", data);
    const { status, text } = await wait;
    assert.equal(status, 400);
    assert.equal(codeIn(text), "InvalidAccessKeyId.Inactive");
    await stream.closed;
    http.close();
  });

  it("by time, ends the wait as well", async () => {
    const http = new SignedHttp(server.address, await makeKey());
    const { id } = JSON.parse((await startLong(http)).text) as { id: string };
    const session = await jsonFrom<SigningKeys>("sts", "create", "--duration", "2", "--data", data);
    const temporary = new SignedHttp(server.address, session);
    const { text } = await temporary.send({ path: `/v1/tasks/${id}/wait?timeout=300` });
    assert.equal(codeIn(text), "InvalidSecurityToken.Expired");
    for (const one of [http, temporary]) one.close();
  });
});

describe("limits over HTTP", () => {
  it("throttling names the wait in ms", async () => {
    const http = new SignedHttp(server.address, await makeKey());
    assert.equal((await http.send({ path: "/v1/counts" })).status, 200);
    const { status, headers, text } = await http.send({ path: "/v1/counts" });
    assert.deepEqual([status, codeIn(text)], [400, "Throttling.Api"]);
    const wait = Number(headers["x-acs-retry-after"]);
    assert.ok(wait > 900_000 && wait <= 1_000_000, String(wait));
    http.close();
  });

  it("a quota warns, then refuses, and counts ended tasks no longer", async () => {
    const http = new SignedHttp(server.address, await makeKey());
    const ids: string[] = [];
    const answers: unknown[] = [];
    for (;;) {
      const answer = await startLong(http);
      answers.push(answer.headers["x-taskscribe-quota-warning"]);
      if (answer.status !== 201) {
        assert.equal(codeIn(answer.text), "QuotaExceeded.OpenTasks");
        break;
      }
      ids.push(JSON.parse(answer.text).id);
    }
    assert.deepEqual(answers.slice(-3), ["4 of 5 open tasks", "5 of 5 open tasks", undefined]);
    await http.send({
      method: "POST",
      path: `/v1/tasks/${ids[0]}/cancel`,
      headers: { "content-type": "application/json" },
      body: '{"reason":"make room"}',
    });
    await http.send({ path: `/v1/tasks/${ids[0]}/wait?timeout=30` });
    assert.equal((await startLong(http)).status, 201);
    http.close();
  });
});
