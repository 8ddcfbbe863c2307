import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { type Credentials, TaskscribeClient } from "../../src/client/index.ts";
import { command, jsonFrom } from "../support/command.ts";
import type { Faults } from "../support/faults.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

/* Capability 5: where the secret key comes from, and how it is exchanged while a server runs. */

const folder = mkdtempSync(join(tmpdir(), "taskscribe-secret-"));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Status {
  readonly secretKeyId: string;
  readonly source: string;
  readonly dataKeys: number;
  readonly outdated: Readonly<Record<string, number>>;
}

const newKey = () => randomBytes(32).toString("base64");
const strict = (data: string) => ["--data", data, "--auth", "strict"];
const status = (data: string) => jsonFrom<Status>("secret", "status", "--data", data);
const keyFiles = (data: string) => readdirSync(data).filter((name) => name.startsWith("secret"));

/** Whether the server lets the key in; a refusal throws. */
async function lets({ url }: ServerProcess, credentials: Credentials): Promise<boolean> {
  const told = await new TaskscribeClient({ endpoint: url, credentials }).whoAmI();
  return told.accessKeyId === credentials.accessKeyId;
}

async function restarted(data: string, faults: Faults = {}): Promise<ServerProcess> {
  return startServerProcess(strict(data), faults);
}

describe("the secret key in the data directory", () => {
  it("is exchanged while the server runs, and the old one opens nothing any more", async () => {
    const data = join(folder, "own");
    const server = await restarted(data);
    const key = await jsonFrom<Credentials>("key", "create", "--data", data);
    const old = readFileSync(join(data, "secret.key"), "utf8");
    const before = await status(data);
    assert.equal(before.source, "secret.key in the data directory");
    const { code, out } = await command("secret", "rotate", "--data", data);
    assert.equal(code, 0);
    assert.match(out, /^secretKeyId +[0-9a-f]{16}$/m);
    assert.match(out, new RegExp(`^previousSecretKeyId +${before.secretKeyId}$`, "m"));
    assert.notEqual(readFileSync(join(data, "secret.key"), "utf8"), old);
    assert.deepEqual(keyFiles(data), ["secret.key"]);
    assert.equal(await lets(server, key), true);
    await server.end("SIGKILL");

    const again = await restarted(data);
    assert.equal(await lets(again, key), true);
    const { secretKeyId, outdated } = await status(data);
    assert.ok(out.includes(secretKeyId));
    assert.deepEqual(outdated, { accessKeys: 0, webhooks: 0 });
    assert.equal((await command("audit", "verify", "--data", data)).code, 0);
    await again.end("SIGTERM");

    writeFileSync(join(data, "secret.key"), old);
    const refused = await command("key", "list", "--data", data);
    assert.notEqual(refused.code, 0);
    assert.match(refused.err, /were encrypted with another secret key/);
    assert.ok(!refused.err.includes(old.trim()));
  });

  const points: Faults[] = [
    { "after-next-secret-key": "kill" },
    { "before-secret-key-swap": "kill" },
    { "before-access-commit": "kill" },
    { "after-access-commit": "kill" },
  ];
  for (const faults of points) {
    const [point] = Object.keys(faults);
    it(`survives a kill at ${point}`, async () => {
      const data = join(folder, String(point));
      const key = await jsonFrom<Credentials>("key", "create", "--data", data);
      const { secretKeyId } = await status(data);
      const server = await restarted(data, faults);
      assert.notEqual((await command("secret", "rotate", "--data", data)).code, 0);
      await server.end("SIGKILL");
      const again = await restarted(data);
      assert.equal(await lets(again, key), true);
      const now = await status(data);
      assert.notEqual(now.secretKeyId, secretKeyId, "what was begun is finished");
      assert.deepEqual(keyFiles(data), ["secret.key"]);
      assert.equal((await command("secret", "rotate", "--data", data)).code, 0);
      assert.equal(await lets(again, key), true);
      await again.end("SIGTERM");
    });
  }

  it("is exchanged without a server, too", async () => {
    const data = join(folder, "offline");
    const key = await jsonFrom<Credentials>("key", "create", "--data", data);
    assert.equal((await command("secret", "rotate", "--data", data)).code, 0);
    const server = await restarted(data);
    assert.equal(await lets(server, key), true);
    await server.end("SIGTERM");
  });
});

describe("the secret key from elsewhere", () => {
  it("is exchanged by putting the new one before the old one", async () => {
    const data = join(folder, "file");
    const file = join(folder, "mounted");
    const [old, next] = [newKey(), newKey()];
    writeFileSync(file, `${old}\n`, { mode: 0o600 });
    const server = await startServerProcess([...strict(data), "--secret-key-file", file]);
    const key = await jsonFrom<Credentials>("key", "create", "--data", data);
    assert.deepEqual(keyFiles(data), []);
    const same = await command("secret", "rotate", "--data", data);
    assert.notEqual(same.code, 0);
    assert.match(same.err, /secretKeyFile \(.+\) gives the key [0-9a-f]{16}, which is in use/);
    writeFileSync(file, `${next}\n${old}\n`);
    assert.equal((await command("secret", "rotate", "--data", data)).code, 0);
    writeFileSync(file, `${next}\n`);
    assert.equal(await lets(server, key), true);
    await server.end("SIGKILL");

    const words = [process.execPath, "-e", "process.stdout.write(process.argv[1])", next];
    const again = await startServerProcess([
      ...strict(data),
      "--secret-key-command",
      JSON.stringify(words),
    ]);
    assert.equal(await lets(again, key), true);
    await again.end("SIGTERM");
  });

  it("that is lost stops the start with what the command said", async () => {
    const say = "process.stderr.write('permission denied'); process.exit(2)";
    const words = JSON.stringify([process.execPath, "-e", say]);
    const { code, err } = await command(
      ...["serve", "--port", "0", "--data", join(folder, "denied"), "--secret-key-command", words],
    );
    assert.notEqual(code, 0);
    assert.match(
      err,
      /secretKeyCommand: .+ ended with the exit code 2 and said: permission denied/,
    );
  });

  it("may come from one place only", async () => {
    const two = ["--secret-key-file", "/run/key", "--secret-key-command", "vault read key"];
    const { code, err } = await command("serve", "--data", join(folder, "two"), ...two);
    assert.equal(code, 2);
    assert.match(
      err,
      /secretKeyCommand: it is set \(TASKSCRIBE_SECRET_KEY_COMMAND\), and so is secretKeyFile \(TASKSCRIBE_SECRET_KEY_FILE\); the secret key comes from one place/,
    );
  });
});
