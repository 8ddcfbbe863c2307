import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { ServerProcess } from "../support/server-process.ts";
import { ChaosBench } from "./chaos-bench.ts";
import { checkHistory } from "./history.ts";

let bench: ChaosBench;
let undo = () => {};
beforeEach(() => {
  bench = new ChaosBench();
});
afterEach(async () => {
  await bench.killAll();
  undo();
  undo = () => {};
  await bench.end();
});

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function submit(server: ServerProcess, text: string): Promise<Answer> {
  const response = await fetch(`${server.url}/v1/tasks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type: "four-steps", input: { text } }),
  });
  const body = await response.text();
  if (response.ok) bench.answered.add((JSON.parse(body) as { id: string }).id);
  return { status: response.status, body };
}

async function fillUp(server: ServerProcess): Promise<Answer> {
  for (let i = 0; i < 2_000; i++) {
    const answer = await submit(server, "x".repeat(8_000));
    if (answer.status !== 201) return answer;
  }
  throw new Error("the disk never was full");
}

/** While the disk is full, changes are refused with a message and reads work. Afterwards everything works. */
async function survives(server: ServerProcess, words: RegExp, free: () => void): Promise<void> {
  const refused = await fillUp(server);
  assert.equal(refused.status, 503, refused.body);
  assert.match(refused.body, words);
  const node = await fetch(
    `${server.url}/clusters/c0000000000000000000000000000da01/nodepools/np0000000000000000000000000000da01/nodes/cn-beijing.192.168.0.101/operation`,
    {
      method: "POST",
      headers: { "content-type": "application/json", "x-acs-version": "2015-12-15" },
      body: JSON.stringify({ operationAction: "restart.kubelet", filler: "x".repeat(100_000) }),
    },
  );
  const ack = (await node.json()) as Readonly<Record<string, unknown>>;
  // The error has the form of its dialect, unless the remaining space was enough.
  assert.ok(node.status === 503 ? ack["Code"] === "ServiceUnavailable" : ack["taskId"]);
  const known = [...bench.answered][0];
  const read = await fetch(`${server.url}/v1/tasks/${known}`);
  assert.equal(read.status, 200, "reads go on");
  const list = await fetch(`${server.url}/v1/tasks?limit=10`);
  assert.equal(list.status, 200);
  free();
  assert.equal((await submit(server, "small")).status, 201, "writes go on when there is space");
}

async function allIsThere(): Promise<void> {
  const server = await bench.start();
  assert.deepEqual(await bench.missing(server), []);
  await bench.settled();
  assert.equal(await server.end("SIGTERM"), 0);
  await checkHistory(bench.data, { ...bench, mixed: true });
}

describe("a full disk", () => {
  test("ENOSPC: a small file system runs full", { skip: cannotMount() }, async () => {
    mkdirSync(bench.data);
    mount(bench.data);
    undo = () => void spawnSync("umount", ["-l", bench.data]);
    const filler = join(bench.data, "filler");
    writeFileSync(filler, Buffer.alloc(4_000_000));
    const server = await bench.start();
    await survives(server, /the disk is full|the disk failed/, () => rmSync(filler));
    await server.end("SIGTERM");
    await allIsThere();
  });

  test("EFBIG: the log cannot grow, which SQLite reports as an error of the disk", async () => {
    const server = await bench.start();
    await submit(server, "before");
    const { size } = statSync(join(bench.data, "taskscribe.db-wal"));
    const limit = (bytes: string) => {
      const args = ["--pid", String(server.child.pid), `--fsize=${bytes}:unlimited`];
      const { status, stderr } = spawnSync("prlimit", args, { encoding: "utf8" });
      assert.equal(status, 0, stderr);
    };
    limit(String(size + 200_000));
    await survives(server, /the disk failed/, () => limit("unlimited"));
    await server.end("SIGTERM");
    await allIsThere();
  });
});

function mount(directory: string): number | null {
  const args = ["-t", "tmpfs", "-o", "size=8m,mode=700,mode=700", "tmpfs", directory];
  return spawnSync("mount", args).status;
}

/** A user who may not mount has the other test, and src/store/sqlite/file/failure.test.ts. */
function cannotMount(): string | false {
  const probe = new ChaosBench();
  mkdirSync(probe.data);
  const status = mount(probe.data);
  if (status === 0) spawnSync("umount", [probe.data]);
  rmSync(probe.folder, { recursive: true, force: true });
  return status !== 0 && "this user may not mount a file system";
}
