import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import {
  type LogEntry,
  type LogReset,
  TaskscribeClient,
  TaskscribeError,
} from "../../src/client/index.ts";
import { command } from "../support/command.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

/* Row 30 of issue 14, with a real backup and restore behind the backs of clients that go on. */

const CONFIG = join(import.meta.dirname, "../support/every-end.config.ts");
const folder = mkdtempSync(join(tmpdir(), "taskscribe-restored-"));
const servers: ServerProcess[] = [];
const over = new AbortController();
/** What the webhook got: the bodies of each id. */
const delivered = new Map<string, Set<string>>();
const receiver = createServer((incoming, response) => {
  let body = "";
  incoming.setEncoding("utf8").on("data", (text: string) => {
    body += text;
  });
  incoming.on("end", () => {
    const id = String(incoming.headers["webhook-id"]);
    delivered.set(id, (delivered.get(id) ?? new Set()).add(body));
    response.end();
  });
});
after(async () => {
  over.abort();
  for (const server of servers) await server.end("SIGKILL");
  receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(data: string, port = "0"): Promise<ServerProcess> {
  const args = ["--config", CONFIG, "--data", data, "--port", port, "--webhook-targets", "any"];
  const server = await startServerProcess(args);
  servers.push(server);
  return server;
}

async function until(met: () => boolean): Promise<void> {
  for (let i = 0; !met(); i++) {
    assert.ok(i < 1_000, `it did not come in 20 s: ${met}`);
    await new Promise((later) => setTimeout(later, 20));
  }
}

async function collect<T>(all: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of all) found.push(one);
  return found;
}

describe("row 30: a server that goes on from a backup", () => {
  it("tells each reader where to go on, and no webhook gets an id for two entries", async () => {
    const [data, backup, restored] = ["data", "backup", "restored"].map((n) => join(folder, n));
    assert.ok(data && backup && restored);
    const first = await start(data);
    const client = new TaskscribeClient({ endpoint: first.url });
    await new Promise<void>((listens) => void receiver.listen(0, "127.0.0.1", listens));
    const { port } = receiver.address() as AddressInfo;
    await client.webhooks.create({ url: `http://127.0.0.1:${port}/` });
    const run = async () => {
      const { task } = await client.submit({ type: "copy", input: { ms: 0 } });
      await client.waitFor(task.id);
      return collect(client.log(task.id));
    };
    const heard: LogEntry[] = [];
    const resets: (LogReset & { readonly after: number })[] = [];
    const onReset = (reset: LogReset) => void resets.push({ ...reset, after: heard.length });
    const reading = (async () => {
      const options = { after: "0", signal: over.signal, onReset };
      for await (const entry of client.events(options)) heard.push(entry);
    })().catch((error) => assert.match(String(error), /AbortError/));

    const kept = [...(await run()), ...(await run())];
    await until(() => heard.length === kept.length && delivered.size === kept.length);
    assert.equal((await command("backup", backup, "--data", data)).code, 0);
    const lost = [...(await run()), ...(await run()), ...(await run())];
    await until(() => heard.length === kept.length + lost.length);
    await until(() => delivered.size === kept.length + lost.length);
    await first.end("SIGKILL");
    assert.equal((await command("restore", backup, "--data", restored)).code, 0);
    copyFileSync(join(data, "secret.key"), join(restored, "secret.key"));
    await start(restored, first.address.split(":")[1]);

    const fresh = [...(await run()), ...(await run())];
    await until(() => heard.length >= kept.length + lost.length + fresh.length);
    assert.deepEqual(heard, [...kept, ...lost, ...fresh], "each once, and nothing is missed");
    const end = kept.at(-1)?.position;
    const [reset, ...more] = resets;
    assert.deepEqual(more, []);
    assert.equal(reset?.after, kept.length + lost.length, "it was told before the first new one");
    assert.equal(reset?.next, `${fresh[0]?.cursor.split("-")[0]}-${end}`);
    assert.match(reset?.message ?? "", /is outdated: .* as a restore does; begin anew after/);
    assert.equal(fresh[0]?.position, lost[0]?.position, "positions do come twice");
    const cursors = new Set([...kept, ...lost, ...fresh].map(({ cursor }) => cursor));
    assert.equal(cursors.size, kept.length + lost.length + fresh.length, "cursors do not");

    await until(() => delivered.size === cursors.size);
    for (const [id, bodies] of delivered) assert.equal(bodies.size, 1, `${id} means one entry`);

    const { taskId } = fresh[0] ?? { taskId: "" };
    const old = lost.at(-1)?.cursor ?? "";
    await assert.rejects(collect(client.log(taskId, { after: old })), (error) => {
      assert.ok(error instanceof TaskscribeError);
      assert.deepEqual([error.status, error.code], [410, "CursorOutdated"]);
      assert.equal(error.facts["next"], reset?.next);
      return true;
    });
    const args = ["--follow", "--after", old, "--data", restored, "-o", "json"];
    const printed = await command("events", taskId, ...args);
    assert.match(printed.err, /is outdated: /);
    assert.match(printed.out, /TaskSucceeded/);
    over.abort();
    await reading;
  });
});
