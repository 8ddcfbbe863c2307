import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Credentials, TaskscribeClient, TaskscribeError } from "../../src/client/index.ts";
import { command, jsonFrom } from "../support/command.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

/* Row 4 and capability 3, as an operator sees them: the commands about accounts, keys and roles on a running server. */

const folder = mkdtempSync(join(tmpdir(), "taskscribe-keys-"));
after(() => rmSync(folder, { recursive: true, force: true }));

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
