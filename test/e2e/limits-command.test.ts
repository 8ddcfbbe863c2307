import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { LIMITED_KINDS } from "../../src/share-table.ts";
import { command, jsonFrom } from "../support/command.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { SignedHttp, type SigningKeys } from "../support/signed-http.ts";

/* Capability 1: `taskscribe limits`, and the same for the holder of a key. */

const folder = mkdtempSync(join(tmpdir(), "taskscribe-limits-"));
const data = join(folder, "data");
const QUOTAS = { accounts: { b: { runningTasks: 3, storedBytes: 1_000_000 } } };
let server: ServerProcess;
let a: SigningKeys;
let b: SigningKeys;

before(async () => {
  const config = join(folder, "taskscribe.config.mjs");
  const types = JSON.stringify(join(import.meta.dirname, "../support/every-end.config.ts"));
  const set = { shares: { accounts: { b: { streams: 7 } } }, quotas: QUOTAS };
  writeFileSync(
    config,
    `import types from ${types};\nexport default { ...types, ...${JSON.stringify(set)} };`,
  );
  for (const account of ["a", "b"]) {
    await jsonFrom("account", "create", "--account", account, "--data", data);
  }
  a = await jsonFrom<SigningKeys>("key", "create", "--account", "a", "--data", data);
  b = await jsonFrom<SigningKeys>("key", "create", "--account", "b", "--data", data);
  server = await startServerProcess([
    "--data",
    data,
    "--auth",
    "strict",
    "--config",
    config,
    "--drain-ms",
    "0",
  ]);
});

after(async () => {
  await server?.end("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

interface Limit {
  readonly kind: string;
  readonly used: number;
  readonly limit: number | null;
  readonly refused: number | null;
}

interface Told {
  readonly accounts: readonly { readonly account: string; readonly limits: readonly Limit[] }[];
}

async function post(keys: SigningKeys, path: string, body: object) {
  const client = new SignedHttp(server.address, keys);
  const headers = { "content-type": "application/json" };
  const answer = await client.send({ method: "POST", path, body: JSON.stringify(body), headers });
  client.close();
  return answer;
}

const asked = (keys: SigningKeys, body: object) => post(keys, "/v1/access/ListLimits", body);

describe("taskscribe limits", () => {
  it("tells of every kind in the table, of the account that is named", async () => {
    const told = await jsonFrom<Told>("limits", "--account", "b", "--data", data);
    const [only] = told.accounts;
    assert.equal(only?.account, "b");
    assert.deepEqual(only.limits.map(({ kind }) => kind).sort(), [...LIMITED_KINDS].sort());
    const streams = only.limits.find(({ kind }) => kind === "streams");
    assert.deepEqual(streams, { kind: "streams", used: 0, limit: 7, refused: 0 });
    const running = only.limits.find(({ kind }) => kind === "runningTasks");
    assert.deepEqual(running, { kind: "runningTasks", used: 0, limit: 3, refused: null });
  });

  it("is a table for people", async () => {
    const { out, code } = await command("limits", "--account", "b", "--data", data);
    assert.equal(code, 0);
    assert.match(out, /^kind +used +limit +refused +at the limit\n/);
    assert.match(out, /\nstreams +0 +7 +0 +Throttling\.User, to be tried again/);
    assert.match(out, /\nkeys +1 +1000 +0 +ResourceBusy/);
    assert.match(out, /\nopenTasks +0 +- +0\n/);
    const all = await command("limits", "--all", "--data", data);
    assert.match(all.out, /^account +kind +used +limit +refused\n/);
    assert.match(all.out, /\nb +keys +1 +1000 +0/);
  });

  it("tells the holder of a key of the own account alone", async () => {
    const own = await asked(a, {});
    assert.equal(own.status, 200);
    const { accounts }: Told = JSON.parse(own.text);
    assert.deepEqual(
      accounts.map(({ account }) => account),
      ["a"],
    );
    const used = new Map(accounts[0]?.limits.map(({ kind, used }) => [kind, used]));
    assert.equal(used.get("requests"), 1, "the request that asks is one");
    assert.equal(used.get("connections"), 1);
    assert.equal(used.get("nonces"), 1);
    const foreign = await asked(a, { account: "b" });
    const unknown = await asked(a, { account: "z" });
    assert.deepEqual([foreign.status, unknown.status], [404, 404]);
    assert.equal((await asked(b, { all: true })).status, 403);
  });

  it("asks for the right to it of a key that is held to a policy", async () => {
    const held = await jsonFrom<SigningKeys>("key", "create", "--account", "a", "--data", data);
    const statement = { Effect: "Allow", Action: "taskscribe:ListAudit", Resource: "*" };
    const file = join(folder, "policy.json");
    writeFileSync(file, JSON.stringify({ Version: "1", Statement: [statement] }));
    const attach = ["policy", "attach", "audit", "--document", file, "--key", held.accessKeyId];
    await jsonFrom(...attach, "--data", data);
    assert.equal((await asked(held, {})).status, 403);
  });

  it("says that it needs a running server", async () => {
    const offline = join(folder, "offline");
    await jsonFrom("key", "create", "--data", offline);
    const { err, code } = await command("limits", "--data", offline);
    assert.notEqual(code, 0);
    assert.match(err, /known only to a running server/);
  });
});

describe("the quotas of one account", () => {
  it("limit what runs and what is stored, and the limits tell how much that is", async () => {
    const used = async () => {
      const { accounts }: Told = JSON.parse((await asked(b, {})).text);
      return new Map(accounts[0]?.limits.map((limit) => [limit.kind, limit]));
    };
    for (let i = 0; i < 5; i++) {
      assert.equal((await post(b, "/v1/tasks", { type: "endless", input: {} })).status, 201);
    }
    const running = await used();
    assert.equal(running.get("runningTasks")?.used, 3);
    assert.equal(running.get("openTasks")?.used, 5);
    const bytes = running.get("storedBytes")?.used ?? 0;
    assert.ok(bytes > 5 * 500 && bytes < 5 * 10_000, `${bytes}`);

    const large = { type: "endless", input: { text: "x".repeat(200_000) } };
    let answer = await post(b, "/v1/tasks", large);
    for (let i = 0; i < 10 && answer.status === 201; i++)
      answer = await post(b, "/v1/tasks", large);
    assert.equal(answer.status, 400);
    assert.match(answer.text, /QuotaExceeded\.StoredBytes.*stored bytes is used up/);
    assert.equal((await used()).get("storedBytes")?.refused, 1);
    assert.equal((await post(a, "/v1/tasks", large)).status, 201, "another account has its own");
  });
});
