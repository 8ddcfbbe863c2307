// Attacks from outside of a request: the terminal, backups, TLS, headers, install scripts.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { PreparedSecret } from "../../src/auth/credentials.ts";
import { signAcs3 } from "../../src/auth/sign.ts";
import { startHostileServer } from "../hostile/hostile-server.ts";
import { command } from "../support/command.ts";
import type { Attack } from "./attack.ts";
import type { World } from "./world.ts";

async function escapesInTables(world: World): Promise<string> {
  const { full } = world.attacker;
  const odd = encodeURIComponent("\u001b[2J\u009b31m\u202e");
  await full.get(`/v1/tasks/${odd}`);
  await full.http.send({ path: `/tasks/${odd}`, headers: { "x-acs-action": "x" } });
  await world.victim.allowOne.get(`/v1/tasks/${odd}`);
  for (const words of [["list"], ["list", "-o", "json"], ["export"]]) {
    const { out, err } = await command("audit", ...words, "--data", world.data);
    assert.doesNotMatch(out + err, /[\p{Bidi_Control}[\p{Cc}--\n]]/v, words.join(" "));
  }
  return "no table, JSON or export has a raw control character";
}

/** Adds a header to a signed request without signing it. */
async function unsignedHeaders(world: World): Promise<string> {
  const { accessKeyId, accessKeySecret } = world.attacker.full.keys;
  const url = `${world.server.url}/v1/counts`;
  for (const [name, value] of [
    ["idempotency-key", "x"],
    ["x-taskscribe-at", "2026-01-01T00:00:00Z"],
    ["prefer", "wait=30"],
  ] as const) {
    const headers = signAcs3({
      method: "GET",
      url,
      headers: {},
      key: { accessKeyId, secret: new PreparedSecret(accessKeySecret) },
      dateMs: Date.now(),
      nonce: crypto.randomUUID(),
    });
    const { host: _, ...sent } = headers as Record<string, string>;
    const { status } = await fetch(url, { headers: { ...sent, [name]: value } });
    assert.equal(status, 400, name);
  }
  return "headers that change the meaning are refused unsigned";
}

async function craftedBackup(world: World): Promise<string> {
  const backup = join(world.folder, "backup");
  const made = await command("backup", backup, "--data", world.data);
  assert.equal(made.code, 0, made.err);
  const manifest = ["backup.json", "manifest.json"].find((name) => existsSync(join(backup, name)));
  assert.ok(manifest, "the backup has no manifest");
  const file = join(backup, manifest);
  const text = readFileSync(file, "utf8");
  for (const name of ["../../outside", "/tmp/outside", "..", "a/../../outside"]) {
    writeFileSync(
      file,
      text.replace(/"(?:name|path)":\s*"[^"]+"/, `"name":${JSON.stringify(name)}`),
    );
    const target = join(world.folder, "restored");
    const { code } = await command("restore", backup, "--data", target);
    assert.notEqual(code, 0, name);
    assert.ok(!existsSync(join(world.folder, "outside")), name);
    assert.ok(!existsSync(target), `${name}: a directory is left`);
  }
  writeFileSync(file, text);
  return "names of another directory are refused";
}

async function oldCiphers(world: World): Promise<string> {
  const server = await world.another("tls", ["--tls", "--auth", "strict"]);
  const { port } = new URL(server.url);
  const options = { host: "127.0.0.1", port: Number(port), rejectUnauthorized: false } as const;
  const cipherOf = (more: object) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({ ...options, ...more }, () => {
        resolve(socket.getCipher().name);
        socket.destroy();
      });
      socket.on("error", reject);
    });
  const cbc = "ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES128-SHA:AES128-SHA:ECDHE-ECDSA-AES128-SHA";
  await assert.rejects(cipherOf({ maxVersion: "TLSv1.2", ciphers: cbc }));
  await assert.rejects(
    cipherOf({ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" }),
  );
  return `${await cipherOf({ maxVersion: "TLSv1.2" })}, no CBC`;
}

async function evaluatedWords(world: World): Promise<string> {
  const mark = join(world.folder, "mark");
  const hostile = await startHostileServer(mark);
  try {
    const { out: script } = await command("completion", "bash");
    const at = hostile.endpoint("words");
    const { out } = await command("complete", "--", "submit", "--endpoint", at, "");
    assert.doesNotMatch(out, /[$`;|<>(]/);
    const typed = `taskscribe() { cat <<'EOT'\n${out}\nEOT\n}\n${script}\nCOMP_WORDS=(taskscribe submit "") COMP_CWORD=2\n_taskscribe\nprintf %s "\${COMPREPLY[*]}"`;
    const { stdout } = spawnSync("bash", ["-c", typed], { encoding: "utf8" });
    assert.match(stdout, /backup_ok/);
    assert.ok(!existsSync(mark));
    return "completion offers harmless words, and runs nothing";
  } finally {
    await hostile.close();
  }
}

async function installScripts(): Promise<string> {
  const npmrc = readFileSync(join(import.meta.dirname, "../../.npmrc"), "utf8");
  assert.match(npmrc, /^ignore-scripts=true$/m);
  return "off, but for the allowed one";
}

export const OUTSIDE: readonly Attack[] = [
  { row: 11, name: "terminal escapes through the audit", run: escapesInTables },
  { row: 15, name: "unsigned headers that change the meaning", run: unsignedHeaders },
  { row: 17, name: "a backup that names files outside", run: craftedBackup },
  { row: 25, name: "install scripts of dependencies", run: installScripts },
  { row: 26, name: "TLS with CBC", run: oldCiphers },
  { row: 28, name: "completion of a hostile server's words", run: evaluatedWords },
];
