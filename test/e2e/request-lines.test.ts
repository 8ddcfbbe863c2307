import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const headers = { "x-acs-version": "2015-12-15", "content-type": "application/json" };
const SCALE =
  "/clusters/c0000000000000000000000000000da01/nodepools/np0000000000000000000000000000da01";
/** More than a pipe and the buffer of waiting lines can hold together. */
const UNREAD = 24_000;

let data: string;
let server: ServerProcess;
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "taskscribe-lines-"));
  const args = ["--data", data, "--log-level", "info", "--speed", "1000"];
  // Each piece has a thousand requests, and the process has just started.
  server = await startServerProcess(args, {}, { standsStill: "64 KB of requests come at once" });
});
afterEach(async () => {
  await server.end("SIGKILL");
  rmSync(data, { recursive: true, force: true });
});

function requestsIn(log: string): readonly Record<string, unknown>[] {
  const lines = log.trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "request");
}

const ANSWER = "HTTP/1.1 ";

/** Sends requests down one connection without waiting, and counts the answers. */
function pipelined(count: number): Promise<number> {
  const { hostname, port } = new URL(server.url);
  const request = "GET /tasks/T-1 HTTP/1.1\r\nhost: x\r\nx-acs-version: 2015-12-15\r\n\r\n";
  return new Promise((resolve, reject) => {
    let answers = 0;
    let rest = ""; // the beginning of an answer may end one piece and its next letter begin another
    const socket = connect(Number(port), hostname, () => socket.write(request.repeat(count)));
    socket.setEncoding("latin1").on("error", reject);
    socket.on("data", (text: string) => {
      const pieces = (rest + text).split(ANSWER);
      answers += pieces.length - 1;
      rest = (pieces.at(-1) ?? "").slice(1 - ANSWER.length);
      if (answers < count) return;
      socket.destroy();
      resolve(answers);
    });
  });
}

describe("the log of a server with default settings", () => {
  it("has one line for each request, with request id and task id, and one for the end of a task", async () => {
    const body = JSON.stringify({ count: 1 });
    const started = await fetch(server.url + SCALE, { method: "POST", headers, body });
    const { task_id: taskId } = (await started.json()) as { task_id: string };
    const asked = await fetch(`${server.url}/tasks/${taskId}`, { headers });
    await asked.text();
    const unknown = await fetch(`${server.url}/tasks/T-\u00e9`, { headers });
    await unknown.text();
    const ended = await fetch(`${server.url}/v1/tasks/${taskId}/wait?timeout=30`);
    await ended.text();
    assert.equal(await server.end("SIGTERM"), 0);
    const said = requestsIn(server.errors());
    assert.deepEqual(
      said.map(({ requestId, taskId: task, action, status }) => [requestId, task, action, status]),
      [
        [started.headers.get("x-acs-request-id"), taskId, "ScaleClusterNodePool", 200],
        [asked.headers.get("x-acs-request-id"), taskId, "DescribeTaskInfo", 200],
        [unknown.headers.get("x-acs-request-id"), undefined, "DescribeTaskInfo", 400],
        [ended.headers.get("x-acs-request-id"), taskId, "WaitTask", 200],
      ],
    );
    assert.match(
      server.errors(),
      new RegExp(`"taskId":"${taskId}","product":"ack".*"state":"succeeded".*"msg":"task ended"`),
    );
  });

  it("loses lines that nobody reads, and answers nevertheless", async () => {
    server.child.stderr?.pause();
    assert.equal(await pipelined(UNREAD), UNREAD);
    server.child.stderr?.resume();
    while (!server.errors().includes("T-2")) {
      const again = await fetch(`${server.url}/tasks/T-2`, { headers });
      assert.equal(again.status, 400);
      await again.text();
    }
    assert.equal(await server.end("SIGTERM"), 0);
    const said = requestsIn(server.errors()).filter(({ taskId }) => taskId === "T-1");
    assert.ok(said.length > 0 && said.length < UNREAD, `${said.length} lines`);
    assert.match(
      server.errors(),
      /"bytes":\d+,"msg":"lines were lost: nobody read them, or the disk is full"/,
    );
  });

  it("may be on a full disk", async () => {
    const full = openSync("/dev/full", "w");
    const other = mkdtempSync(join(tmpdir(), "taskscribe-lines-"));
    const onFullDisk = await startServerProcess(
      ["--data", other, "--log-level", "debug"],
      {},
      { log: full },
    );
    closeSync(full);
    try {
      for (let request = 0; request < 2; request++) {
        const answer = await fetch(`${onFullDisk.url}/tasks/T-1`, { headers });
        assert.equal(answer.status, 400);
        await answer.text();
        await setTimeout(600); // longer than lines wait for others
      }
      assert.equal(await onFullDisk.end("SIGTERM"), 0);
    } finally {
      await onFullDisk.end("SIGKILL");
      rmSync(other, { recursive: true, force: true });
    }
  });
});
