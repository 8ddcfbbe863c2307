import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, describe, test } from "node:test";
import { startServerProcess } from "../support/server-process.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-stop-"));
after(() => rmSync(folder, { recursive: true, force: true }));

describe("a stop", () => {
  test("counts the Ctrl-C that npm and scripts pass on as that of the terminal", async () => {
    const config = join(import.meta.dirname, "../support/every-end.config.ts");
    const data = join(folder, "ctrl-c");
    const args = ["--data", data, "--config", config, "--drain-ms", "300"];
    const server = await startServerProcess(args);
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ type: "endless" });
    await fetch(`${server.url}/v1/tasks`, { method: "POST", headers, body });
    // Checks the complete stop: the server must wait for the running step.
    const again = setInterval(() => server.child.kill("SIGINT"), 10);
    assert.equal(await server.end("SIGINT"), 0);
    clearInterval(again);
  });

  test("of npm is one of the service", async () => {
    const root = join(import.meta.dirname, "../..");
    const args = ["start", "--silent", "--", "--port", "0", "--data", join(folder, "npm")];
    const npm = spawn("npm", args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const ended = once(npm, "close");
    let log = "";
    npm.stderr.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
    for await (const line of createInterface({ input: npm.stdout })) {
      if (line.includes("Stop with Ctrl-C")) npm.kill("SIGTERM");
    }
    assert.deepEqual(await ended, [0, null]);
    assert.match(log, /"signal":"SIGTERM".*\n.*"msg":"stopped"\}\n$/);
  });
});
