import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { signedHeaders } from "../../src/push/webhooks/signature.ts";
import { command, jsonFrom } from "../support/command.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { SignedHttp, type SigningKeys } from "../support/signed-http.ts";

/* Capability 5: secrets of tasks and webhooks over an exchange of the secret key, in everything that a real server writes. */

const folder = mkdtempSync(join(tmpdir(), "taskscribe-everywhere-"));
const data = join(folder, "data");
const at = ["--data", data];
const CONFIG = "test/support/secrets.config.ts";
const PASSWORD = "Pa55-f0r-the-l0gin";
const PIN = "4711-0815";
const APPROVAL = { step: "ask", decision: "approve", reason: "known" };

interface Delivery {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
const deliveries: Delivery[] = [];
const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    deliveries.push({ headers: request.headers, body: Buffer.concat(chunks).toString("utf8") });
    response.end();
  });
});
before(() => new Promise<void>((resolve) => void receiver.listen(0, "127.0.0.1", resolve)));
after(() => {
  for (const { child } of servers) child.kill("SIGKILL");
  receiver.closeAllConnections();
  receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

const servers: ServerProcess[] = [];

async function start(): Promise<ServerProcess> {
  const server = await startServerProcess([
    ...[...at, "--config", CONFIG, "--auth", "strict", "--webhook-targets", "127.0.0.1"],
    ...["--audit-file", join(folder, "audit.jsonl")],
    ...["--log-level", "debug", "--request-log", "all"],
  ]);
  servers.push(server);
  return server;
}

/** Everything that was told, with where it was told. */
const seen: [where: string, text: string][] = [];

async function call(server: ServerProcess, keys: SigningKeys, path: string, body?: object) {
  const http = new SignedHttp(server.address, keys);
  const { status, text } = await http.send({
    path,
    ...(body && { method: "POST", headers: { "content-type": "application/json" } }),
    ...(body && { body: JSON.stringify(body) }),
  });
  http.close();
  seen.push([path, text]);
  return { status, text, told: JSON.parse(text === "" ? "{}" : text) };
}

/** The task once it fits. */
async function until(
  server: ServerProcess,
  keys: SigningKeys,
  id: string,
  fits: (task: { state: string; steps: { approvals?: unknown[] }[] }) => boolean,
) {
  for (let round = 0; round < 200; round++) {
    const { told } = await call(server, keys, `/v1/tasks/${id}`);
    if (fits(told)) return told;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return assert.fail(`the task ${id} does not come so far`);
}

function toldOf(id: string, after: number): boolean {
  return deliveries.slice(after).some(({ body }) => body.includes(id));
}

function filesIn(directory: string): [string, string][] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(directory, name)).isFile() && !name.includes("secret.key"))
    .map((name) => [name, readFileSync(join(directory, name), "latin1")]);
}

async function mistakes(server: ServerProcess, keys: SigningKeys): Promise<void> {
  const input = { password: PASSWORD, pin: PIN };
  await call(server, keys, "/v1/tasks", { type: "no-such-type", input });
  await call(server, keys, "/v1/tasks", { type: "login", input: { ...input, pin: { pin: PIN } } });
  await call(server, keys, `/v1/tasks?password=${PASSWORD}`);
  await call(server, keys, "/v1/access/CreateAccessKey", { password: PASSWORD });
}

it("of tasks and webhooks survive an exchange of the key and a kill, and are in clear nowhere", async () => {
  const first = await start();
  const keys = await jsonFrom<SigningKeys>("key", "create", ...at);
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const hook = await call(first, keys, "/v1/webhooks", { url });
  assert.equal(hook.status, 201, hook.text);
  seen.pop(); // the one answer that has the webhook's secret
  const hookSecret = String(hook.told.secret);
  const input = { password: PASSWORD, pin: PIN };
  const asked = { type: "login", input, clientToken: "once" };
  const { id } = (await call(first, keys, "/v1/tasks", asked)).told;
  const spill = { type: "spill", input: { password: PASSWORD } };
  const spilt = (await call(first, keys, "/v1/tasks", spill)).told;
  await until(first, keys, id, ({ steps }) => (steps[0]?.approvals?.length ?? 0) > 0);
  await until(first, keys, spilt.id, ({ state }) => state === "failed");
  await mistakes(first, keys);

  const oldKey = readFileSync(join(data, "secret.key"), "utf8").trim();
  const rotated = await command("secret", "rotate", ...at);
  assert.equal(rotated.code, 0, rotated.err);
  await first.end("SIGKILL");
  const deliveredBefore = deliveries.length;

  const second = await start();
  assert.equal((await call(second, keys, "/v1/tasks", asked)).told.id, id, "the token is known");
  const { status, text } = await call(second, keys, `/v1/tasks/${id}/signal`, APPROVAL);
  assert.ok(status < 300, text);
  const done = await until(second, keys, id, ({ state }) => state === "succeeded");
  const expected = JSON.stringify([PASSWORD, PIN, `session-${PASSWORD}`]);
  const digest = createHash("sha256").update(expected).digest("hex");
  assert.ok(JSON.stringify(done).includes(digest), "the handler got its secrets");
  for (const path of ["", "/events", "/export", "/why"]) {
    await call(second, keys, `/v1/tasks/${id}${path}`);
    await call(second, keys, `/v1/tasks/${spilt.id}${path}`);
  }
  for (let round = 0; round < 200 && !toldOf(id, deliveredBefore); round++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(toldOf(id, deliveredBefore), "the webhook goes on after the restart");
  for (const { headers, body } of deliveries) {
    const at = Number(headers["webhook-timestamp"]) * 1_000;
    const signed = signedHeaders(hookSecret, String(headers["webhook-id"]), at, body);
    assert.equal(headers["webhook-signature"], signed["webhook-signature"]);
    seen.push(["a webhook", body]);
  }
  const status2 = await jsonFrom<{ outdated: object }>("secret", "status", ...at);
  assert.deepEqual(status2.outdated, { accessKeys: 0, webhooks: 0 });
  for (const [name, ...flags] of [["plain"], ["whole", "--secrets"]] as const) {
    const made = await command("backup", join(folder, name), ...at, ...flags);
    assert.equal(made.code, 0, made.err);
    seen.push(["backup", made.out]);
  }
  const commands = ["audit export", "audit list", "secret status", "security", "key list"];
  for (const line of commands) {
    const { out, err } = await command(...line.split(" "), ...at);
    seen.push([line, out + err]);
  }
  assert.equal(await second.end("SIGTERM"), 0);
  const newKey = readFileSync(join(data, "secret.key"), "utf8").trim();
  assert.notEqual(newKey, oldKey);
  seen.push(["the log", first.errors() + second.errors()], ["rotate", rotated.out]);
  const { accessKeySecret } = keys;
  const asClear = [PASSWORD, PIN, accessKeySecret, hookSecret.replace("whsec_", "")];
  assertNowhere([...asClear, oldKey, newKey], [...seen, ...filesIn(folder)]);
});

function assertNowhere(secrets: readonly string[], places: readonly [string, string][]): void {
  const names = places.map(([name]) => name);
  const written = ["audit.jsonl", "data/access.db", "plain/access.db", "whole/taskscribe.db"];
  for (const name of written) assert.ok(names.includes(name), `${name} was looked through`);
  for (const secret of secrets) {
    const bytes = Buffer.from(secret, "base64");
    const spellings = [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString("base64").replace(/=+$/, ""),
      ...(bytes.length === 32 ? [bytes.toString("latin1")] : []),
    ];
    for (const [where, text] of places) {
      for (const spelling of spellings) {
        const found = text.indexOf(spelling);
        const around = text.slice(Math.max(0, found - 60), found + 40);
        assert.ok(found < 0, `${where} has ${secret}: ${around}`);
      }
    }
  }
}
