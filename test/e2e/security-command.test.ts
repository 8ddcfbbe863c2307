import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { command, jsonFrom } from "../support/command.ts";
import { startServerProcess } from "../support/server-process.ts";
import { SignedHttp, type SigningKeys } from "../support/signed-http.ts";

/* Capability 2: `taskscribe security` tells the posture of the server that runs. */

const folder = mkdtempSync(join(tmpdir(), "taskscribe-security-"));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Posture {
  readonly running: boolean;
  readonly attention: number;
  readonly findings: readonly { readonly check: string; readonly state: string }[];
}

/** The state of each check. */
async function states(data: string): Promise<Record<string, string>> {
  const { out } = await command("security", "--data", data, "-o", "json");
  const { findings }: Posture = JSON.parse(out);
  return Object.fromEntries(findings.map(({ check, state }) => [check, state]));
}

test("the posture is that of the running server, and the exit code says that something needs a look", async (context) => {
  const data = join(folder, "data");
  const key = await jsonFrom<SigningKeys>("key", "create", "--data", data);
  const strict = ["--auth", "strict", "--schemes", "acs3", "--require-nonce"];
  const server = await startServerProcess(["--data", data, ...strict]);
  context.after(() => server.end("SIGTERM"));
  const found = await states(data);
  for (const check of ["authentication", "signature schemes", "nonce", "clock", "files"])
    assert.equal(found[check], "ok", check);
  assert.equal(found["keys without a policy"], "look");

  const shown = await command("security", "--data", data);
  assert.equal(shown.code, 1);
  assert.match(shown.out, /^state +check +found +todo\n/);
  assert.match(shown.out, /\n\d+ of \d+ checks need a look\n$/);

  chmodSync(join(data, "access.db"), 0o644);
  assert.equal((await states(data))["files"], "open");
  chmodSync(join(data, "access.db"), 0o600);

  const client = new SignedHttp(server.address, key);
  const asked = { method: "POST", path: "/v1/access/DescribeSecurity", body: "{}" };
  const answer = await client.send({ ...asked, headers: { "content-type": "application/json" } });
  client.close();
  assert.equal(answer.status, 403, "a key of an account must not see other accounts' keys");
  assert.match(answer.text, /AccountMismatch/);
});

test("without a server the settings are judged, and it says so", async () => {
  const data = join(folder, "offline");
  await jsonFrom("key", "create", "--data", data);
  const { out, code } = await command("security", "--data", data);
  assert.equal(code, 1);
  assert.match(out, /need a look; no server runs, so the settings were judged\n$/);
});
