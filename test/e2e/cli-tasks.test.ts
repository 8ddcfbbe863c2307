import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { TaskscribeClient } from "../../src/client/index.ts";
import { jsonFrom, type Ran } from "../support/command.ts";
import type { Keys } from "../support/official-clients.ts";
import { MAIN } from "../support/program.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const CONFIG = join(import.meta.dirname, "../support/every-end.config.ts");
const folder = mkdtempSync(join(tmpdir(), "taskscribe-cli-"));

let server: ServerProcess;
let client: TaskscribeClient;
let env: NodeJS.ProcessEnv;
const servers: ServerProcess[] = [];
async function start(name: string, ...args: string[]): Promise<ServerProcess> {
  const all = ["--config", CONFIG, "--data", join(folder, name), ...args];
  const started = await startServerProcess(all);
  servers.push(started);
  return started;
}
before(async () => {
  server = await start("main");
  client = new TaskscribeClient({ endpoint: server.url });
  const { PATH, HOME } = process.env;
  const ours = { TASKSCRIBE_ENDPOINT: server.url, XDG_CONFIG_HOME: join(folder, "config") };
  env = { PATH, HOME, LANG: "C.UTF-8", ...ours };
});
after(() => {
  for (const { child } of servers) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

interface More {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly onStart?: () => unknown;
  /** Called with the complete output so far, whenever there is more. */
  readonly onText?: (child: ChildProcess, text: string) => void;
}

/** Runs `taskscribe` to its end, piped. */
function cli(args: readonly string[], more: More = {}): Promise<Ran> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { ...env, ...more.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  more.onStart?.();
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    more.onText?.(child, out + err);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    more.onText?.(child, out + err);
  });
  child.stdin.end(more.input ?? "");
  return new Promise((resolve) => {
    child.on("close", (code) => resolve({ code: code ?? -1, out, err }));
  });
}

async function json(...args: string[]) {
  const { code, out, err } = await cli(args);
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

async function submit(type: string, input: Record<string, unknown> = {}, more = {}) {
  return (await client.submit({ type, input, ...more })).task.id;
}

/** Approves what the task asks as soon as the command has shown it. */
function approving(id: string): More {
  let approved = false;
  return {
    onText: (_, text) => {
      if (approved || !text.includes("running")) return;
      approved = true;
      client.wait(id, { until: "change", since: 3 }).then(() => {
        return client.approve(id, { step: "ask", reason: "go on" });
      }, assert.ifError);
    },
  };
}

async function ended(type: string): Promise<string> {
  const id = await submit(type, { ms: 0 });
  await client.waitFor(id);
  return id;
}

/** No stack trace, and nothing on standard output. */
function refused({ code, out, err }: Ran, wanted: number, words: RegExp): void {
  assert.match(err, words);
  assert.doesNotMatch(err, /\n\s+at /);
  assert.equal(out, "");
  assert.equal(code, wanted, err);
}

describe("submit", () => {
  it("takes its input in every form, and prints the task", async () => {
    writeFileSync(join(folder, "input.json"), '{"what":"file","ms":0}');
    const fromFile = await json("submit", "copy", "--input", "@input.json", "--set", "n=1");
    assert.deepEqual(fromFile.input, { what: "file", ms: 0, n: 1 });
    const given = await cli(["submit", "copy", "--input", "-"], { input: '{"what":"stdin"}' });
    assert.equal(JSON.parse(given.out).input.what, "stdin");
    const full = await json(
      ...[
        "submit",
        "copy",
        "--label",
        "env=test",
        "--label",
        "n=1",
        "--target",
        "db/orders/Orders",
      ],
      ...["--priority", "7", "--key", "k1", "--when-busy", "queue", "--delay", "10ms"],
      ...["--finish-by", "1h", "--token", "cli-1", "--set", 'deep={"a":[1]}'],
    );
    assert.deepEqual(full.labels, { env: "test", n: "1" });
    assert.deepEqual(full.target, { type: "db", id: "orders", name: "Orders" });
    assert.deepEqual(full.input.deep, { a: [1] });
    assert.equal(full.priority, 7);
    assert.ok(Date.parse(full.finishBy) > Date.now() + 3_500_000);
    assert.equal(
      (await cli(["submit", "copy", "--validate-only", "-o", "table"])).out,
      "copy would be accepted; nothing was written\n",
    );
  });
  it("refuses invalid input with a message", async () => {
    refused(await cli(["submit", "nope"]), 7, /TaskTypeNotFound, request/);
    refused(await cli(["submit", "copy", "--input", "[1]"]), 7, /give a JSON object such as/);
    refused(await cli(["submit", "copy", "--set", "what"]), 7, /Give name=value/);
    refused(await cli(["submit", "copy", "--priority", "high"]), 7, /priority/);
    refused(await cli(["submit"]), 7, /missing required argument 'type'/);
  });
});

describe("wait", () => {
  it("ends with 0 for success, and prints progress and the task", async () => {
    const id = await submit("ask");
    const { code, out, err } = await cli(["wait", id], approving(id));
    assert.equal(code, 0, err);
    assert.equal(JSON.parse(out).state, "succeeded");
    assert.match(err, /% {2}running(, \w+)? · ask \(1 of 1\)/);
    assert.match(err, /100 % {2}succeeded/);
  });
  it("ends with 2 for failure, and names step, code and message", async () => {
    const { code, out, err } = await cli(["wait", await ended("fail")]);
    assert.equal(code, 2);
    assert.equal(JSON.parse(out).error.code, "DiskFull");
    assert.match(
      err,
      /failed after .*\n {2}step break, attempt 1: DiskFull: no space is left on \\u001b\[31mdisk 7/,
    );
  });
  it("ends with 3 when canceled, and says by whom and why", async () => {
    const id = await submit("endless");
    const waiting = cli(["wait", id]);
    await client.wait(id, { until: ["running"] });
    await client.cancel(id, "seen enough");
    const { code, err } = await waiting;
    assert.equal(code, 3);
    assert.match(err, /canceled by anonymous: seen enough/);
  });
  it("ends with 4 when expired", async () => {
    const finishBy = new Date(Date.now() + 300).toISOString();
    const { code, err } = await cli(["wait", await submit("endless", {}, { finishBy })]);
    assert.equal(code, 4, err);
    assert.match(err, /expired after/);
  });
  it("ends with 5 when the wait runs out, and says how to go on", async () => {
    const id = await submit("endless");
    const { code, out, err } = await cli([
      "wait",
      id,
      "--timeout",
      "0.5s",
      "--endpoint",
      server.url,
    ]);
    assert.equal(code, 5);
    assert.equal(JSON.parse(out).state, "running");
    assert.match(
      err,
      new RegExp(
        `the wait ran out, .*: taskscribe wait ${id} --endpoint ${server.url} --timeout 0.5s\n`,
      ),
    );
    assert.equal((await client.get(id)).state, "running");
    await client.cancel(id, "tidy");
  });
  it("ends with 6 if there is no such task", async () => {
    const none = /T-none .*; taskscribe list shows those there are \(TaskNotFound, request/;
    refused(await cli(["wait", "T-none"]), 6, none);
    refused(await cli(["wait", "--filter", "label.no=where"]), 6, /no task fits/);
  });
  it("ends with 7 when refused", async () => {
    refused(await cli(["wait"]), 7, /name the tasks to wait for/);
    refused(await cli(["wait", "T-1", "--timeout", "soon"]), 7, /Give a duration/);
    refused(await cli(["wait", "--filter", "state:runing"]), 7, /position 7: found "runing"/);
  });
  it("ends with 1 if there is no server", async () => {
    const nobody = { TASKSCRIBE_ENDPOINT: "http://127.0.0.1:9" };
    refused(await cli(["wait", "T-1"], { env: nobody }), 1, /127\.0\.0\.1:9 could not be reached/);
    const left = createServer().listen(0, "127.0.0.1");
    await once(left, "listening");
    const { port } = left.address() as AddressInfo;
    left.close();
    const { err } = await cli(["counts", "--endpoint", `127.0.0.1:${port}`]);
    assert.match(err, /; taskscribe serve starts a server, --endpoint names another\n$/);
    const plain = server.url.replace("http:", "https:");
    const { err: tls } = await cli(["counts", "--endpoint", plain]);
    assert.match(tls, /it does not speak TLS; try http:\/\//);
  });
  it("ends with 130 on Ctrl-C, also if it comes several times, and the task continues", async () => {
    const id = await submit("endless");
    let again: NodeJS.Timeout | undefined;
    const { code, err } = await cli(["wait", id], {
      onText: (child, text) => {
        if (again !== undefined || !text.includes("running")) return;
        child.kill("SIGINT");
        again = setInterval(() => child.kill("SIGINT"), 1); // npm hands on what the terminal has sent already
      },
    }).finally(() => clearInterval(again));
    assert.equal(code, 130, err);
    assert.match(err, new RegExp(`to wait again: taskscribe wait ${id}\n`));
    assert.equal((await client.get(id)).state, "running");
    await client.cancel(id, "tidy");
  });
  it("waits for several, by id and by filter; the most serious end counts", async () => {
    const labels = { lot: "wait" };
    const first = await submit("copy", {}, { labels });
    await submit("fail", {}, { labels });
    const { code, out } = await cli(["wait", first, "T-none", "--filter", "label.lot=wait"]);
    assert.equal(code, 6);
    assert.deepEqual(
      JSON.parse(out)
        .map((task: { state: string }) => task.state)
        .toSorted(),
      ["failed", "succeeded"],
    );
    assert.equal((await cli(["wait", "--filter", "label.lot=wait"])).code, 2);
  });
  it("continues when the server is killed and starts again", async () => {
    const first = await start("killed");
    const away = new TaskscribeClient({ endpoint: first.url });
    const { task } = await away.submit({ type: "ask" });
    let killed: Promise<unknown> | undefined;
    const { code, err } = await cli(["wait", task.id], {
      env: { TASKSCRIBE_ENDPOINT: first.url },
      onText: (_, text) => {
        if (killed !== undefined || !text.includes("running")) return;
        killed = first.end("SIGKILL").then(async () => {
          await start("killed", "--port", first.address.split(":")[1] ?? "");
          await away.wait(task.id, { until: ["running"] });
          await away.approve(task.id, { step: "ask", reason: "still here" });
        });
      },
    });
    await killed;
    assert.equal(code, 0, err);
    assert.match(err, /could not be reached: .*; trying again/);
  });
});

describe("watch", () => {
  it("prints each change as a line of JSON to a program", async () => {
    const id = await submit("ask");
    const { code, out } = await cli(["watch", id], approving(id));
    const states = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).state);
    assert.equal(code, 0);
    assert.equal(states.at(-1), "succeeded");
    assert.ok(states.length >= 2);
  });
  it("prints plain lines when asked for a table, and why one failed", async () => {
    const { code, out } = await cli(["watch", await submit("fail"), "-o", "table"]);
    assert.equal(code, 0);
    assert.match(out, /% {2}failed · /);
    assert.match(out, /step break, attempt 1: DiskFull/);
  });
  it("ends at once when no task is open, and with 6 for an unknown task", async () => {
    const { code, err } = await cli(["watch", "--filter", "label.no=where"]);
    assert.deepEqual([code, err], [0, "no task fits; nothing to watch\n"]);
    refused(await cli(["watch", "T-none"]), 6, /TaskNotFound/);
  });
});

describe("get, list, why, events, counts, types", () => {
  it("show a task, now and before", async () => {
    const id = await ended("copy");
    assert.equal((await json("get", id)).id, id);
    const { startedAt = "" } = await client.get(id);
    assert.equal((await json("get", id, "--at", startedAt)).state, "running");
    assert.match(
      (await cli(["get", id, "-o", "table"])).out,
      /^task {7}\S+\ntype {7}native copy\n/,
    );
    refused(await cli(["get", "T-none"]), 6, /TaskNotFound/);
  });
  it("list with every filter, as table, JSON and bare words", async () => {
    const id = await submit("copy", {}, { labels: { lot: "list" } });
    await submit("fail", {}, { labels: { lot: "list" } });
    await client.waitFor(id);
    assert.equal((await json("list", "--filter", "label.lot=list")).length, 2);
    assert.equal(
      (await json("list", "--filter", "label.lot=list", "--state", "succeeded"))[0].id,
      id,
    );
    const bare = await cli([
      "list",
      "--filter",
      "label.lot=list type:copy",
      "-o",
      "text",
      "--query",
      "[].[id,state]",
    ]);
    assert.equal(bare.out, `${id}\tsucceeded\n`);
    const some = await cli(["list", "--limit", "1"]);
    assert.equal(JSON.parse(some.out).length, 1);
    assert.match(some.err, /more tasks fit/);
    assert.match((await cli(["list", "-o", "table"])).out, /^ID +PRODUCT +TYPE +STATE/);
    assert.equal(
      (await cli(["list", "--filter", "label.no=where", "-o", "table"])).out,
      "no task fits\n",
    );
    refused(await cli(["list", "--limit", "none"]), 7, /--limit is "none"/);
    refused(await cli(["list", "--query", "[]."]), 7, /give JMESPath/);
    refused(await cli(["list", "-o", "yaml"]), 7, /Allowed choices are table, json, text/);
  });
  it("say why a task does not move", async () => {
    const id = await submit("ask");
    await client.wait(id, { until: "change", since: 3 });
    assert.equal((await json("why", id)).reasons[0].code, "awaiting-approval");
    const { out } = await cli(["why", id, "-o", "table"]);
    assert.match(out, /is running and (held|blocked)\n {2}awaiting-approval {2}/);
    await client.cancel(id, "tidy");
  });
  it("print the log, and follow it to the end", async () => {
    const id = await submit("copy", { ms: 200 });
    const followed = await cli(["events", id, "--follow", "--query", "cursor", "-o", "text"]);
    const log = await cli(["events", id, "--query", "cursor", "-o", "text"]);
    assert.equal(followed.code, 0);
    assert.equal(followed.out, log.out);
    const [first = ""] = log.out.split("\n");
    const rest = await cli(["events", id, "--after", first, "-o", "table"]);
    assert.doesNotMatch(rest.out, /TaskSubmitted/);
    assert.match(rest.out, /Z {2}[0-9a-z]{8}-\d+ +StepSucceeded/);
    refused(await cli(["events", id, "--after", "x"]), 7, /give the cursor/);
  });
  it("stream the events of all tasks until Ctrl-C", async () => {
    const id = await ended("fail");
    let sent = false;
    const { code, out } = await cli(["events", "--after", "0", "--filter", `id:${id}`], {
      onText: (child, text) => {
        if (!sent && text.includes("TaskFailed")) child.kill("SIGINT");
        sent ||= text.includes("TaskFailed");
      },
    });
    assert.equal(code, 130);
    assert.ok(
      out
        .trimEnd()
        .split("\n")
        .every((line) => JSON.parse(line).taskId === id),
    );
  });
  it("end without a message when nobody reads further", async () => {
    let another: Promise<string> | undefined;
    const ran = await cli(["events", "--after", "0", "--filter", "label.pipe=closed type:copy"], {
      onText: (child) => {
        if (another !== undefined) return;
        child.stdout?.destroy();
        another = submit("copy", { ms: 0 }, { labels: { pipe: "closed" } });
      },
      onStart: () => submit("copy", { ms: 0 }, { labels: { pipe: "closed" } }),
    });
    assert.deepEqual([ran.code, ran.err], [0, ""]);
    await another;
  });
  it("count, and name the types", async () => {
    assert.ok((await json("counts")).total > 0);
    assert.match((await cli(["counts", "-o", "table"])).out, /\d+ in all\n$/);
    assert.ok((await json("types", "--product", "native", "--query", "[].type")).includes("copy"));
  });
});

describe("control", () => {
  it("wants a reason", async () => {
    for (const verb of ["cancel", "pause", "resume", "retry", "approve", "reject"]) {
      refused(await cli([verb, "T-1"]), 7, /'--reason <text>' not specified/);
    }
  });
  it("pauses, resumes, cancels and tries again", async () => {
    const id = await submit("endless");
    await client.wait(id, { until: ["running"] });
    assert.equal((await json("pause", id, "--reason", "lunch")).paused.reason, "lunch");
    assert.equal((await json("resume", id, "--reason", "back")).state, "running");
    refused(await cli(["retry", id, "--reason", "again"]), 7, /\(\w+, request/);
    await json("cancel", id, "--reason", "enough");
    assert.equal((await client.waitFor(id)).cancel?.reason, "enough");
    const { code, out } = await cli(["cancel", id, "T-none", "--reason", "enough"]);
    assert.deepEqual([code, JSON.parse(out).length], [6, 1]); // to cancel again changes nothing
    refused(await cli(["cancel", "T-none", "--reason", "enough"]), 6, /TaskNotFound/);
  });
  it("tries again from a step, and waits for the end", async () => {
    const id = await ended("fail");
    const again = await cli(["retry", id, "--from-step", "break", "--reason", "hope", "--wait"]);
    assert.equal(again.code, 2);
    assert.equal(JSON.parse(again.out).forkOf.taskId, id);
  });
  it("retries, and waits no longer than requested", async () => {
    const id = await submit("endless");
    await client.cancel(id, "to be tried again");
    await client.waitFor(id);
    const briefly = ["--wait", "--timeout", "0.2s"];
    const { code, err } = await cli(["retry", id, "--reason", "hope", ...briefly]);
    assert.equal(code, 5, err);
    const again = /to wait again: taskscribe wait (\S+)/.exec(err)?.[1] ?? "";
    await client.cancel(again, "tidy");
  });
  it("answers the question of a step, and reports if there is none", async () => {
    const ids = [await submit("ask"), await submit("ask")] as const;
    for (const id of ids) await client.wait(id, { until: "change", since: 3 });
    const approved = await cli(["approve", ids[0], "--reason", "fine", "-o", "table"]);
    assert.match(approved.out, /step ask: approved: \S/);
    await json("reject", ids[1], "--reason", "not now", "--step", "ask");
    assert.equal((await client.waitFor(ids[0])).state, "succeeded");
    assert.equal((await client.waitFor(ids[1])).state, "failed");
    refused(await cli(["approve", ids[0], "--reason", "late"]), 7, /no step of .* asks anything/);
  });
  it("attaches by token and by target", async () => {
    const id = await submit(
      "copy",
      {},
      { clientToken: "lost", target: { type: "db", id: "lost-db" } },
    );
    assert.equal((await json("attach", "--token", "lost")).id, id);
    const waited = await cli(["attach", "--target", "lost-db", "--type", "copy", "--wait"]);
    assert.deepEqual([waited.code, JSON.parse(waited.out).state], [0, "succeeded"]);
    refused(await cli(["attach", "--target", "nowhere"]), 6, /no task acts on nowhere/);
    refused(await cli(["attach", "--token", "never"]), 6, /TaskNotFound/);
    refused(await cli(["attach"]), 7, /either --token or --target/);
  });
  it("exports to a file for its owner alone, and imports elsewhere", async () => {
    const id = await ended("copy");
    const file = join(folder, "task.json");
    assert.equal((await cli(["export", id, "--file", file])).code, 0);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(
      JSON.parse((await cli(["export", id])).out).log,
      JSON.parse(readFileSync(file, "utf8")).log,
    );
    refused(await cli(["export", id, "--file", file]), 7, /cannot be written: .*EEXIST/);
    const other = { TASKSCRIBE_ENDPOINT: (await start("other")).url };
    const taken = await cli(["import", file, "-o", "table"], { env: other });
    assert.match(taken.out, new RegExp(`^ts-\\w+ succeeded: imported, found by ${id} too\n$`));
    assert.equal((await cli(["wait", id], { env: other })).code, 0);
    refused(await cli(["import", file], { env: other }), 7, /ResourceExists/);
    refused(
      await cli(["import", join(folder, "input.json")]),
      7,
      /MissingParameter|InvalidParameter/,
    );
    refused(await cli(["import", "nowhere.json"]), 7, /cannot be read/);
    const open = await submit("ask");
    const opened = (await cli(["export", open])).out;
    refused(await cli(["import", "-"], { env: other, input: opened }), 7, /rehome/);
    const held = await cli(["import", "-", "--rehome", "-o", "table"], {
      env: other,
      input: opened,
    });
    assert.match(held.out, /pending: imported, found by .* too; held: taskscribe resume ts-\w+\n$/);
    await client.cancel(open, "tidy");
  });
});

describe("bulk", () => {
  const some = async (lot: string, count: number) => {
    for (let i = 0; i < count; i++) await submit("endless", {}, { labels: { lot } });
    return `label.lot=${lot}`;
  };
  it("previews, asks for confirmation and a reason, and acts", async () => {
    const filter = await some("b1", 3);
    const preview = await json("bulk", "cancel", "--filter", filter, "--preview");
    assert.equal(preview.count, 3);
    const table = await cli(["bulk", "cancel", "--filter", filter, "--preview", "-o", "table"]);
    assert.match(table.out, /^cancel: 3 tasks\nID /);
    refused(await cli(["bulk", "cancel", "--filter", filter]), 7, /--reason is missing/);
    const asked = await cli(["bulk", "cancel", "--filter", filter, "--reason", "tidy"]);
    refused(asked, 7, /3 tasks fit; give --yes to cancel them/);
    const { code, out, err } = await cli([
      "bulk",
      "cancel",
      "--filter",
      filter,
      "--reason",
      "tidy",
      "--yes",
      "-o",
      "table",
    ]);
    assert.equal(code, 0, err);
    assert.match(out, /succeeded after .*\n {2}3 done, 0 refused\n/);
    assert.match(err, /% {2}/);
  });
  it("reports refusals, and does nothing if no task matches", async () => {
    const id = await submit("copy", { ms: 0 }, { labels: { lot: "b2" } });
    await client.waitFor(id);
    const flags = ["--filter", "label.lot=b2", "--reason", "hold", "--yes", "-o", "table"];
    const { out } = await cli(["bulk", "pause", ...flags]);
    assert.match(out, /0 done, 1 refused\n {2}\w+: /);
    const none = await cli([
      "bulk",
      "pause",
      "--filter",
      "label.no=where",
      "--reason",
      "x",
      "--yes",
    ]);
    assert.deepEqual([none.code, none.out], [0, ""]);
    assert.match(none.err, /nothing is done/);
  });
  it("can be left to the server", async () => {
    const filter = await some("b3", 2);
    const started = await json(
      "bulk",
      "cancel",
      "--filter",
      filter,
      "--reason",
      "x",
      "-y",
      "--detach",
    );
    assert.equal(started.type, "bulk");
    assert.equal((await client.waitFor(started.id)).outputs["done"], 2);
  });
  it("is stopped by Ctrl-C, and finished actions stay", async () => {
    const full = await start("bulk-stop", "--concurrency", "1"); // so that it waits for its turn
    const there = new TaskscribeClient({ endpoint: full.url });
    const { task } = await there.submit({ type: "endless" });
    await there.wait(task.id, { until: ["running"] });
    let sent = false;
    const { code, out, err } = await cli(
      ["bulk", "pause", "--filter", "type:endless", "--reason", "x", "--yes"],
      {
        env: { TASKSCRIBE_ENDPOINT: full.url },
        onText: (child, text) => {
          if (!sent && text.includes("pending")) child.kill("SIGINT");
          sent ||= text.includes("pending");
        },
      },
    );
    assert.equal(code, 130, err);
    assert.match(err, /stopping; Ctrl-C again leaves it running/);
    assert.equal(JSON.parse(out).state, "canceled");
    assert.equal((await there.get(task.id)).state, "running");
  });
});

describe("which server, and with whose key", () => {
  it("is told by flag, environment, profile, or the data directory", async () => {
    const none = { TASKSCRIBE_ENDPOINT: "" };
    refused(
      await cli(["counts"], { env: none }),
      7,
      /no server runs on .*start one with taskscribe serve/,
    );
    const byData = await cli(["counts", "--data", join(folder, "main")], { env: none });
    assert.equal(byData.code, 0, byData.err);
    assert.equal((await cli(["counts", "--endpoint", server.address], { env: none })).code, 0);
    refused(await cli(["counts", "--endpoint", "ftp://x"]), 7, /give an address such as/);
    refused(await cli(["counts", "--profile", "lab"]), 7, /there is no profile "lab"/);
    assert.equal((await cli(["profile", "set", "lab", "--endpoint", server.url])).code, 0);
    assert.equal((await cli(["counts", "--profile", "lab"], { env: none })).code, 0);
    assert.equal((await cli(["counts"], { env: { ...none, TASKSCRIBE_PROFILE: "lab" } })).code, 0);
  });
  it("signs with the profile's or the environment's key; without, or with a wrong one, it ends with 7", async () => {
    const data = join(folder, "strict");
    const keys = await jsonFrom<Keys>("key", "create", "--data", data);
    const { url } = await start("strict", "--auth", "strict", "--tls");
    const flags = ["counts", "--data", data];
    refused(
      await cli(flags),
      7,
      /does not conform to Aliyun standards; the server wants a key; .* \(IncompleteSignature, request/,
    );
    const ours = {
      TASKSCRIBE_ACCESS_KEY_ID: keys.accessKeyId,
      TASKSCRIBE_ACCESS_KEY_SECRET: keys.accessKeySecret,
    };
    const theirs = {
      ALIBABA_CLOUD_ACCESS_KEY_ID: keys.accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: keys.accessKeySecret,
    };
    assert.equal((await cli(flags, { env: ours })).code, 0);
    assert.equal((await cli(flags, { env: theirs })).code, 0);
    refused(
      await cli(flags, { env: { ...theirs, TASKSCRIBE_ACCESS_KEY_ID: "x" } }),
      7,
      /ACCESS_KEY_SECRET: it is not set, but the other half of the key is; set both, or neither/,
    );
    refused(
      await cli(flags, { env: { ...ours, TASKSCRIBE_ACCESS_KEY_SECRET: "no" } }),
      7,
      /SignatureDoesNotMatch/,
    );
    const ca = ["--ca-file", join(data, "tls/ca.pem")];
    const kept = await cli(
      [
        "profile",
        "set",
        "strict",
        "--endpoint",
        url,
        "--access-key-id",
        keys.accessKeyId,
        "--secret-file",
        "-",
        ...ca,
      ],
      { input: `${keys.accessKeySecret}\n` },
    );
    assert.equal(kept.code, 0, kept.err);
    const asked = await cli(["counts", "--profile", "strict"]);
    assert.equal(asked.code, 0, asked.err);
    const file = join(folder, "config/taskscribe/profiles.json");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const listed = await cli(["profile", "list"]);
    assert.deepEqual(
      JSON.parse(listed.out).map(({ name }: { name: string }) => name),
      ["lab", "strict"],
    );
    assert.doesNotMatch(listed.out, new RegExp(keys.accessKeySecret));
    assert.equal((await cli(["profile", "remove", "strict"])).code, 0);
    writeFileSync(file, "{}");
    const broken = await cli(["profile", "list"]);
    assert.match(broken.err, /is not as taskscribe profile set writes it/);
    rmSync(file);
  });
});

describe("completion", () => {
  const complete = async (...words: string[]) =>
    (await cli(["complete", "--", ...words])).out
      .split("\n")
      .map((line) => line.split("\t")[0])
      .filter(Boolean);
  it("knows commands, options, their values, ids and types", async () => {
    assert.deepEqual(await complete("wa"), ["watch", "wait"]);
    assert.deepEqual(await complete("bulk", "pa"), ["pause"]);
    assert.deepEqual(await complete("list", "--ou"), ["--output"]);
    assert.deepEqual(await complete("list", "-o", "j"), ["json"]);
    assert.deepEqual(await complete("submit", "end"), ["endless"]);
    assert.deepEqual(await complete("completion", "z"), ["zsh"]);
    const id = await submit("endless");
    assert.ok((await complete("cancel", "")).includes(id));
    await client.cancel(id, "tidy");
    await client.waitFor(id);
    assert.ok(!(await complete("cancel", "")).includes(id));
    assert.ok(!(await complete("")).includes("complete"));
  });
  it("says nothing rather than complain", async () => {
    const ran = await cli(["complete", "--", "cancel", "--endpoint", "127.0.0.1:9", ""]);
    assert.deepEqual(ran, { code: 0, out: "", err: "" });
  });
  /** Each shell loads its script and completes `taskscribe bulk c`. */
  const inShell: Readonly<Record<string, (script: string) => readonly string[]>> = {
    bash: (script) => [
      "-c",
      `taskscribe() { "$NODE" "$MAIN" "$@"; }
${script}
COMP_WORDS=(taskscribe bulk c) COMP_CWORD=2
_taskscribe
echo "\${COMPREPLY[@]}"`,
    ],
    zsh: (script) => [
      "-fc",
      `taskscribe() { "$NODE" "$MAIN" "$@" }
${script}
[[ \${_comps[taskscribe]} == _taskscribe ]] || echo not loaded
_describe() { print -l -- "\${(@P)2}" }
words=(taskscribe bulk c) CURRENT=3
_taskscribe`,
    ],
    fish: (script) => [
      "--no-config",
      "-c",
      `function taskscribe; $NODE $MAIN $argv; end
${script}
complete -C "taskscribe bulk c"`,
    ],
  };
  const shown: Readonly<Record<string, string>> = {
    bash: "cancel",
    zsh: "cancel:ask all tasks that match a filter to stop",
    fish: "cancel\task all tasks that match a filter to stop",
  };
  for (const [shell, commandLine] of Object.entries(inShell)) {
    const missing = spawnSync(shell, ["--version"]).error !== undefined;
    const skip = missing && process.env["CI"] !== "true" && `${shell} is not installed`;
    it(`works in ${shell}`, { skip }, async () => {
      const script = (await cli(["completion", shell])).out;
      const child = spawn(shell, commandLine(script), {
        env: { ...env, NODE: process.execPath, MAIN },
        stdio: ["ignore", "pipe", "inherit"],
      });
      let out = "";
      for await (const text of child.stdout) out += text;
      assert.equal(out, `${shown[shell]}\n`);
    });
  }
});

describe("help", () => {
  it("of every command has examples and exit codes, and fits eighty columns as far as commander wraps", async () => {
    const verbs =
      "submit get list watch wait why events cancel pause resume retry approve reject attach export import types counts".split(
        " ",
      );
    const pages = await Promise.all(
      [...verbs.map((verb) => [verb]), ["bulk", "cancel"]].map((words) =>
        cli([...words, "--help"]),
      ),
    );
    for (const { code, out } of pages) {
      assert.equal(code, 0);
      assert.match(out, /\nExamples:\n {2}taskscribe [\s\S]*\nExit codes:\n {4}0 {2}/);
    }
  });
});
