import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { PreparedSecret } from "../../src/auth/credentials.ts";
import { signAcs3 } from "../../src/auth/sign.ts";
import { command, jsonFrom } from "../support/command.ts";
import type { Keys } from "../support/official-clients.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-restart-"));
const servers = new Set<ServerProcess>();
/** Stopped at the end, whatever the test did to it. */
async function start(...args: readonly string[]): Promise<ServerProcess> {
  const server = await startServerProcess(args);
  servers.add(server);
  return server;
}
after(async () => {
  for (const { child } of servers) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const POOL =
  "/clusters/c0000000000000000000000000000da01/nodepools/np0000000000000000000000000000da01";

interface Captured {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

/** A recorded request. The host is signed, so the port must stay the same. */
function captured(address: string, keys: Keys, path: string, body?: string): Captured {
  const method = body === undefined ? "GET" : "POST";
  const action = body === undefined ? "DescribeTaskInfo" : "ScaleClusterNodePool";
  const { host: _, ...headers } = signAcs3({
    method,
    url: `http://${address}${path}`,
    headers: {
      "x-acs-action": action,
      "x-acs-version": "2015-12-15",
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body }),
    key: { accessKeyId: keys.accessKeyId, secret: new PreparedSecret(keys.accessKeySecret) },
    dateMs: Date.now(),
    nonce: crypto.randomUUID(),
  });
  return { method, path, headers, body };
}

async function send(address: string, { method, path, headers, body }: Captured) {
  const answer = await fetch(`http://${address}${path}`, {
    method,
    headers,
    ...(body !== undefined && { body }),
  });
  const told = (await answer.json()) as { Code?: string; task_id?: string };
  return { status: answer.status, code: told.Code, taskId: told.task_id };
}

describe("a server that is killed", () => {
  it("refuses a replayed change afterwards, and records it in the audit", async () => {
    const data = join(folder, "killed");
    const keys = await jsonFrom<Keys>("key", "create", "--data", data);
    const args = ["--data", data, "--auth", "strict"];
    const first = await start(...args);
    const change = captured(first.address, keys, POOL, '{"count":1}');
    const started = await send(first.address, change);
    assert.equal(started.status, 200, JSON.stringify(started));
    await first.end("SIGKILL");

    const port = first.address.slice(first.address.lastIndexOf(":") + 1);
    const second = await start(...args, "--port", port);
    assert.deepEqual(await send(second.address, change), {
      status: 400,
      code: "SignatureNonceUsed",
      taskId: undefined,
    });
    const own = captured(second.address, keys, `/tasks/${started.taskId}`);
    assert.equal((await send(second.address, own)).status, 200);
    assert.equal(await second.end("SIGTERM"), 0);

    const { entries } = await jsonFrom<{
      entries: { action: string; taskId: string; code: string }[];
    }>("audit", "list", "--data", data);
    assert.deepEqual(
      entries.map(({ action, taskId, code }) => [action, taskId, code]),
      [
        ["cs:ScaleClusterNodePool", "", "SignatureNonceUsed"],
        ["cs:ScaleClusterNodePool", started.taskId, ""],
        ["taskscribe:CreateAccessKey", "", ""],
      ],
    );
    assert.equal((await command("audit", "verify", "--data", data)).code, 0);
  });

  it("that is stopped gracefully refuses a replayed read as well", async () => {
    const data = join(folder, "stopped");
    const keys = await jsonFrom<Keys>("key", "create", "--data", data);
    const args = ["--data", data, "--auth", "strict"];
    const first = await start(...args);
    const read = captured(first.address, keys, "/tasks/T-1");
    assert.equal((await send(first.address, read)).code, undefined);
    assert.equal(await first.end("SIGTERM"), 0);
    const port = first.address.slice(first.address.lastIndexOf(":") + 1);
    const second = await start(...args, "--port", port);
    assert.equal((await send(second.address, read)).code, "SignatureNonceUsed");
    assert.equal(await second.end("SIGTERM"), 0);
  });
});

describe("commands", () => {
  it("go through the server that owns the directory, and take effect at once", async () => {
    const data = join(folder, "owned");
    const server = await start("--data", data, "--auth", "strict");
    const keys = await jsonFrom<Keys>("key", "create", "--data", data, "--account", "200");
    const answer = await send(server.address, captured(server.address, keys, "/tasks/T-1"));
    assert.equal(answer.status, 400);
    assert.equal(answer.code, undefined); // ACK's own words: the task was not found
    const scaled = await send(server.address, captured(server.address, keys, POOL, '{"count":1}'));
    assert.equal(scaled.status, 200, "the new account has a world of its own");
    assert.equal(await server.end("SIGTERM"), 0);
    const listed = await jsonFrom<{ keys: { accessKeyId: string }[] }>(
      "key",
      "list",
      "--data",
      data,
    );
    assert.deepEqual(
      listed.keys.map(({ accessKeyId }) => accessKeyId),
      [keys.accessKeyId],
    );
  });

  it("with --auth off for other machines are refused with a message", async () => {
    const data = join(folder, "open");
    const { code, err } = await command(
      "serve",
      "--port",
      "0",
      "--host",
      "0.0.0.0",
      "--auth",
      "off",
      "--data",
      data,
    );
    assert.equal(code, 2);
    assert.match(
      err,
      /--auth off lets everyone in, and 0\.0\.0\.0 is not this machine alone; give --auth strict/,
    );
  });

  it("strict is the default beyond this machine, and --insecure allows off there", async () => {
    const strict = await start("--data", join(folder, "s"), "--host", "0.0.0.0");
    const address = strict.address.replace("0.0.0.0", "127.0.0.1");
    const refused = await fetch(`http://${address}/tasks/T-1`);
    assert.match(await refused.text(), /"Code":"IncompleteSignature"/);
    assert.equal(await strict.end("SIGTERM"), 0);
    const off = ["--data", join(folder, "o"), "--host", "0.0.0.0", "--auth", "off", "--insecure"];
    const open = await start(...off);
    const told = await fetch(`http://${open.address.replace("0.0.0.0", "127.0.0.1")}/tasks/T-1`);
    assert.match(await told.text(), /"message":"the task T-1 not found"/);
    assert.equal(await open.end("SIGTERM"), 0);
  });

  it("a secret key that others can read stops the start", async () => {
    const data = join(folder, "exposed");
    await jsonFrom<Keys>("key", "create", "--data", data);
    chmodSync(join(data, "secret.key"), 0o644);
    const { code, err } = await command("key", "list", "--data", data);
    assert.equal(code, 1);
    assert.match(err, /secret\.key can be read by others \(mode 0644, expected 0600\)/);
  });

  it("keep secrets encrypted at rest", async () => {
    const data = join(folder, "rest");
    const { accessKeySecret } = await jsonFrom<Keys>("key", "create", "--data", data);
    assert.ok(!readFileSync(join(data, "access.db"), "latin1").includes(accessKeySecret));
  });

  it("explain policies, and find an export that was tampered with", async () => {
    const data = join(folder, "policies");
    const key = await jsonFrom<Keys>("key", "create", "--data", data);
    const file = join(folder, "readers.json");
    const Statement = [{ Effect: "Allow", Action: "cs:Describe*", Resource: "*" }];
    writeFileSync(file, JSON.stringify({ Version: "1", Statement }));
    const attach = ["policy", "attach", "readers", "--key", key.accessKeyId, "--document", file];
    assert.equal((await command(...attach, "--data", data)).code, 0);
    const explain = ["policy", "explain", "--key", key.accessKeyId, "--data", data, "--action"];
    const refused = await command(...explain, "cs:ScaleOutCluster");
    const columns = ["decision", "action", "resource", "policy", "statement", "of"];
    const link = `key ${key.accessKeyId}`;
    assert.deepEqual(
      refused.out.split("\n").map((line) => line.split(/ {2,}/)),
      [
        ["refused: no statement matches"],
        [""],
        columns,
        ["refused", "cs:ScaleOutCluster", "*", "-", "-", link],
        [""],
      ],
    );
    const allowed = await command(...explain, "cs:DescribeTaskInfo");
    assert.match(allowed.out, /^allowed by statement 0 of readers:\n\{\n {2}"Effect": "Allow",/);
    assert.ok(allowed.out.includes(`  readers  0          ${link}\n`), allowed.out);
    const task = await command(
      "policy",
      "explain",
      "--key",
      key.accessKeyId,
      "--data",
      data,
      "--task",
      "t-1",
    );
    assert.match(task.err, /task: tasks are known only to a running server/);

    const exported = (await command("audit", "export", "--data", data)).out;
    const copy = join(folder, "audit.jsonl");
    writeFileSync(copy, exported);
    assert.equal((await command("audit", "verify", "--file", copy)).out, "2 entries, intact\n");
    writeFileSync(copy, exported.replace("AttachPolicy", "DetachPolicy"));
    const broken = await command("audit", "verify", "--file", copy);
    assert.deepEqual([broken.code, broken.out], [1, "entry 2 was changed after it was written\n"]);
  });
});
