import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { TaskscribeClient } from "../../src/client/index.ts";
import { announcedIn } from "../../src/http/announcement.ts";
import { MAIN } from "../support/program.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

/** A reader that leaves, as `head` does, ends every command quietly; only a server goes on. */

const CONFIG = join(import.meta.dirname, "../support/every-end.config.ts");
const folder = mkdtempSync(join(tmpdir(), "taskscribe-pipes-"));
let server: ServerProcess;
let client: TaskscribeClient;
before(async () => {
  server = await startServerProcess(["--config", CONFIG, "--data", join(folder, "data")]);
  client = new TaskscribeClient({ endpoint: server.url });
});
after(async () => {
  await server.end("SIGKILL");
  rmSync(folder, { recursive: true });
});

type Closed = "stdout" | "stderr" | "both";

function start(args: readonly string[]): ChildProcess {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, TASKSCRIBE_ENDPOINT: server.url, XDG_CONFIG_HOME: folder };
  return spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Runs a command whose output nobody reads from the beginning on; tells what it says on the stream that is read. */
async function unread(closed: Closed, ...args: readonly string[]) {
  const child = start(args);
  let said = "";
  for (const name of ["stdout", "stderr"] as const) {
    if (closed === name || closed === "both") child[name]?.destroy();
    else child[name]?.setEncoding("utf8").on("data", (text: string) => (said += text));
  }
  const [code, signal] = await once(child, "close");
  return { code, signal, said };
}

const COMMANDS: readonly (readonly string[])[] = [
  ["--help"],
  ["--version"],
  ["serve", "--help"],
  ["submit", "--help"],
  ["key", "create", "--help"],
  ["completion", "bash"],
  ["complete", "--", "sub"],
  ["world"],
  ["env"],
  ["types"],
  ["counts"],
  ["list"],
  ["list", "-o", "text", "--query", "[].id"],
  ["profile", "list"],
  ["key", "list", "--data", "data", "-o", "json"],
  ["audit", "export", "--data", "data"],
  ["backup", "copy", "--data", "data"],
  ["restore", "copy", "--check"],
];

describe("a command that nobody reads", () => {
  for (const args of COMMANDS) {
    test(`ends quietly: ${args.join(" ")}`, async () => {
      assert.deepEqual(await unread("stdout", ...args), { code: 0, signal: null, said: "" });
    });
  }
  test("keeps the exit code of what it has to complain of", async () => {
    for (const closed of ["stderr", "both"] as const) {
      assert.equal((await unread(closed, "key", "list", "--data", "none")).code, 2);
      assert.equal((await unread(closed, "submit", "--nonsense")).code, 7);
      assert.equal((await unread(closed, "get", "T-none")).code, 6);
      assert.equal((await unread(closed, "nonsense")).code, 2);
    }
  });
  test("ends while it follows what goes on", async () => {
    const { task } = await client.submit({ type: "ask" });
    for (const args of [["events", "--follow", task.id], ["watch", task.id], ["watch"]]) {
      assert.deepEqual(
        await unread("stdout", ...args),
        { code: 0, signal: null, said: "" },
        args.join(),
      );
    }
    // How the task ends is nothing that a wait which was left may say.
    assert.equal((await unread("both", "wait", task.id)).code, 141);
    assert.equal((await unread("stderr", "wait", task.id)).code, 141);
    await client.cancel(task.id, "test");
    assert.equal((await unread("stdout", "wait", task.id)).code, 3);
    assert.equal((await unread("both", "wait", task.id, "-o", "json")).code, 3);
  });
  test("says so where the output cannot be written", {
    skip: process.platform !== "linux",
  }, async () => {
    const full = openSync("/dev/full", "w");
    const child = spawn(process.execPath, [MAIN, "--help"], { stdio: ["ignore", full, "pipe"] });
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
    const [code] = await once(child, "close");
    closeSync(full);
    assert.equal(code, 1);
    assert.match(
      said,
      /^taskscribe: the output cannot be written \(ENOSPC.+\); it is not complete\n$/,
    );
  });
});

test("a server goes on without anybody who reads it", async () => {
  const child = start(["serve", "--port", "0", "--data", join(folder, "unread")]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  const exited = once(child, "exit");
  const asked = async () => {
    for (;;) {
      const found = announcedIn(join(folder, "unread"));
      if (found !== undefined) return fetch(`${found.url}/healthz`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  assert.equal((await asked()).status, 200);
  assert.equal((await asked()).status, 200);
  child.kill("SIGTERM");
  assert.equal((await exited)[0], 0);
});
