import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { command } from "../support/command.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-e2e-backup-"));
const servers: ServerProcess[] = [];
after(async () => {
  for (const server of servers) await server.end("SIGKILL"); // none is left if a check failed
  rmSync(folder, { recursive: true, force: true });
});

const config = join(import.meta.dirname, "../chaos/four-steps.config.ts");

async function start(data: string): Promise<ServerProcess> {
  const server = await startServerProcess(["--data", data, "--config", config]);
  servers.push(server);
  return server;
}

async function submit(url: string): Promise<string> {
  const response = await fetch(`${url}/v1/tasks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type: "four-steps", input: {} }),
  });
  assert.equal(response.status, 201);
  return ((await response.json()) as { id: string }).id;
}

async function stateOf(url: string, id: string): Promise<string> {
  const response = await fetch(`${url}/v1/tasks/${id}/wait?timeout=20`);
  return ((await response.json()) as { task: { state: string } }).task.state;
}

test("a running server is backed up, and its open tasks continue from the restored copy", async () => {
  const [data, target, restored] = ["data", "backup", "restored"].map((name) => join(folder, name));
  assert.ok(data && target && restored);
  const server = await start(data);
  const ids = await Promise.all(Array.from({ length: 20 }, () => submit(server.url)));
  const made = await command("backup", target, "--data", data);
  assert.equal(made.code, 0, made.err);
  assert.match(
    made.out,
    /is backed up in[\s\S]*tasks +20, and 0 in the archive[\s\S]*not in it +the secret key/,
  );
  await server.end("SIGKILL");

  const again = await command("backup", target, "--data", data);
  assert.equal(again.code, 2, "a mistake in the command line");
  assert.match(again.err, /is there already; name a directory that does not exist yet/);
  const checked = await command("restore", target, "--check");
  assert.match(checked.out, /is whole/);
  const done = await command("restore", target, "--data", restored);
  assert.match(done.out, /is restored in[\s\S]*missing +the secret key: copy secret.key to/);

  await assert.rejects(start(restored), /secret\.key is missing/);
  copyFileSync(join(data, "secret.key"), join(restored, "secret.key"));
  const second = await start(restored);
  for (const id of ids) assert.equal(await stateOf(second.url, id), "succeeded");
  assert.equal(await second.end("SIGTERM"), 0);
  assert.ok(existsSync(join(target, "backup.json")), "the backup is left as it was");
});

test("a row that is damaged stops no backup, and is named by backup, restore and verify (row 27)", async () => {
  const [data, target] = ["damaged", "backup-of-damaged"].map((name) => join(folder, name));
  assert.ok(data && target);
  const server = await start(data);
  const ids = await Promise.all(Array.from({ length: 3 }, () => submit(server.url)));
  for (const id of ids) assert.equal(await stateOf(server.url, id), "succeeded");
  await server.end("SIGTERM");
  const fine = await command("verify", "--data", data);
  assert.deepEqual([fine.code, fine.err], [0, ""]);
  assert.match(fine.out, /is as it was written\n +tasks +3, and 0 in the archive/);
  const db = new DatabaseSync(join(data, "taskscribe.db"));
  db.prepare("UPDATE tasks SET doc = replace(doc, 'four', 'fxur') WHERE id = ?").run(ids[1] ?? "");
  db.close();
  const webhooks = new DatabaseSync(join(data, "webhooks.db"));
  webhooks.exec("INSERT INTO webhooks (id, account, cursor, doc) VALUES ('w-1', 'a', 0, '{')");
  webhooks.close();

  const found = await command("verify", "--data", data);
  assert.equal(found.code, 3);
  assert.match(found.out, /has damaged rows/);
  assert.match(found.out, new RegExp(`the task ${ids[1]} \\(row \\d\\): a row is not what was`));
  assert.match(found.out, /webhooks\.db: the row w-1 of webhooks/);
  const made = await command("backup", target, "--data", data);
  assert.equal(made.code, 3, made.err);
  assert.match(made.out, new RegExp(`damaged +1 row, left as they are:\\n +the task ${ids[1]}`));
  assert.equal((await command("restore", target, "--check")).code, 3);
  assert.equal((await command("verify", "--data", target)).code, 3);
});
