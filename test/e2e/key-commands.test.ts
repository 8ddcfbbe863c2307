import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Credentials, TaskscribeClient, TaskscribeError } from "../../src/client/index.ts";
import { command, jsonFrom } from "../support/command.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

/* Row 4 and capability 3, as an operator sees them: the commands about accounts, keys and roles on a running server. */

const folder = mkdtempSync(join(tmpdir(), "taskscribe-keys-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** How the resources begin that these actions are about. */
const ARN: Readonly<Record<string, string>> = {
  "taskscribe:CancelTask": "acs:taskscribe:cn-hangzhou:1000000000000001",
  "cs:CancelTask": "acs:cs:cn-hangzhou:1000000000000001",
};
const STRICT = ["--auth", "strict"];

/** What the server says of a key: who it is, or the status and code of a refusal. */
async function identity({ url }: ServerProcess, credentials: Credentials) {
  try {
    return await new TaskscribeClient({ endpoint: url, credentials }).whoAmI();
  } catch (error) {
    if (error instanceof TaskscribeError) return `${error.status} ${error.code}`;
    throw error;
  }
}

async function principal(server: ServerProcess, keys: Credentials): Promise<string> {
  const told = await identity(server, keys);
  return typeof told === "string" ? told : told.principal;
}

test("row 4: an account with an id of letters is made, restarted with, and deleted for good", async () => {
  const data = join(folder, "accounts");
  const at = ["--data", data];
  const server = await startServerProcess([...at, ...STRICT]);
  assert.equal((await command("account", "create", "--account", "team-a", ...at)).code, 0);
  const wrong = await command("account", "create", "--account", "team a", ...at);
  assert.notEqual(wrong.code, 0);
  assert.match(wrong.err, /account is "team a"; give 1 to 64 letters, digits/);
  const keys = await jsonFrom<Credentials>("key", "create", "--account", "team-a", ...at);
  await server.end("SIGTERM");
  const again = await startServerProcess([...at, ...STRICT]);
  assert.equal(await principal(again, keys), `acs:ram::team-a:user/${keys.accessKeyId}`);
  assert.equal((await command("account", "delete", "team-a", ...at)).code, 0);
  assert.equal(await principal(again, keys), "404 InvalidAccessKeyId.NotFound");
  await again.end("SIGTERM");
  const third = await startServerProcess([...at, ...STRICT]);
  const taken = await command("account", "create", "--account", "team-a", ...at);
  assert.match(taken.err, /the id of an account is not given again/);
  await third.end("SIGTERM");
});

test("a key is made with an end and networks, used, rotated, and asked who it is", async () => {
  const data = join(folder, "keys");
  const at = ["--data", data];
  const server = await startServerProcess([...at, ...STRICT]);
  const bounds = ["--user", "ada", "--expires", "90d", "--networks", "127.0.0.0/8,::1"];
  const keys = await jsonFrom<Credentials>("key", "create", ...bounds, ...at);
  const told = await identity(server, keys);
  assert.ok(typeof told !== "string", `${told}`);
  assert.deepEqual([told.principal.split("/").at(-1), told.rights], ["ada", "full"]);
  const listed = await command("key", "list", ...at);
  assert.match(listed.out, /127\.0\.0\.1 taskscribe:GetCallerIdentity/);
  const { accessKeyId } = keys;
  const next = await jsonFrom<Credentials>("key", "rotate", accessKeyId, "--overlap", "0s", ...at);
  assert.equal(await principal(server, keys), "400 InvalidAccessKeyId.Inactive");
  assert.equal(await principal(server, next), told.principal);
  await command("key", "update", next.accessKeyId, "--networks", "10.0.0.0/8", ...at);
  assert.equal(await principal(server, next), "403 Forbidden.RAM");
  const odd = await command("key", "update", next.accessKeyId, "--expires", "soon", ...at);
  assert.match(odd.err, /--expires: found "soon"; give a duration/);
  await server.end("SIGTERM");
});

test("row 2: what an operation asks for on a task is explained, right by right", async () => {
  const data = join(folder, "explained");
  const at = ["--data", data];
  const server = await startServerProcess([...at, ...STRICT]);
  const root = await jsonFrom<Credentials>("key", "create", ...at);
  const client = new TaskscribeClient({ endpoint: server.url, credentials: root });
  const target = { type: "cluster", id: "c1" };
  const type = { product: "ack", type: "cluster_scaleout", input: {} };
  const { task } = await client.submit({ ...type, target, delayMs: 3_600_000 });
  const { accessKeyId } = await jsonFrom<Credentials>("key", "create", "--user", "ada", ...at);
  const file = join(folder, "operators.json");
  const deny = { Effect: "Deny", Action: "cs:Cancel*", Resource: "acs:cs:*:*:cluster/c1" };
  const Statement = [{ Effect: "Allow", Action: "*", Resource: "*" }, deny];
  writeFileSync(file, JSON.stringify({ Version: "1", Statement }));
  await command("policy", "attach", "operators", "--key", accessKeyId, "--document", file, ...at);
  const explain = ["policy", "explain", "--key", accessKeyId, "--task", task.id, ...at];
  const read = await command(...explain);
  assert.match(read.out, /^allowed by statement 0 of operators:\n/);
  const cancel = await command(...explain, "--action", "taskscribe:CancelTask");
  assert.match(cancel.out, /^refused by statement 1 of operators:\n/);
  const rows = cancel.out.split("\n").filter((line) => /^(allowed|refused) {2}/.test(line));
  assert.deepEqual(
    rows.map((line) => line.split(/ {2,}/)),
    [
      [
        "allowed",
        "taskscribe:CancelTask",
        `task/${task.id}`,
        "operators",
        "0",
        `key ${accessKeyId}`,
      ],
      ["refused", "cs:CancelTask", "cluster/c1", "operators", "1", `key ${accessKeyId}`],
    ].map((row) => row.map((cell, i) => (i === 2 ? `${ARN[row[1] ?? ""]}:${cell}` : cell))),
  );
  const none = await command("policy", "explain", "--key", accessKeyId, "--task", "t-none", ...at);
  assert.match(none.err, /the task t-none does not exist/);
  await server.end("SIGTERM");
});
