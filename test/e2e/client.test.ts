import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  ConnectionError,
  type Entry,
  hasEnded,
  type RetryNote,
  type Task,
  TaskscribeClient,
  TaskscribeError,
  WaitTimeoutError,
} from "../../src/client/index.ts";
import { jsonFrom } from "../support/command.ts";
import type { Keys } from "../support/official-clients.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const CONFIG = join(import.meta.dirname, "../support/every-end.config.ts");
const folder = mkdtempSync(join(tmpdir(), "taskscribe-client-"));
const servers = new Set<ServerProcess>();

async function start(name: string, ...args: readonly string[]): Promise<ServerProcess> {
  const all = ["--config", CONFIG, "--data", join(folder, name), ...args];
  const server = await startServerProcess(all);
  servers.add(server);
  return server;
}

let server: ServerProcess;
let client: TaskscribeClient;
before(async () => {
  server = await start("main");
  client = new TaskscribeClient({ endpoint: server.url });
});
after(() => {
  for (const { child } of servers) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

async function submit(type: string, input: Record<string, unknown> = {}): Promise<Task> {
  return (await client.submit({ type, input })).task;
}

async function collect<T>(all: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of all) found.push(one);
  return found;
}

const refusedWith = (code: string, status: number) => (error: unknown) => {
  assert.ok(error instanceof TaskscribeError, String(error));
  assert.deepEqual([error.code, error.status], [code, status]);
  assert.match(error.requestId ?? "", /\w{8}-/);
  return true;
};

describe("submit and get", () => {
  it("returns the outcome of the request", async () => {
    const request = { type: "copy", clientToken: "twice", labels: { env: "test" } };
    const first = await client.submit(request);
    const second = await client.submit(request);
    assert.deepEqual([first.outcome, second.outcome], ["submitted", "repeated"]);
    assert.equal(second.task.id, first.task.id);
    const checked = await client.submit({ type: "copy", validateOnly: true });
    assert.equal(checked.outcome, "checked");
  });
  it("gives a task now and as it was", async () => {
    const { id, createdAt } = await submit("copy");
    await client.waitFor(id);
    assert.equal((await client.get(id)).state, "succeeded");
    const then = await client.get(id, { at: createdAt });
    assert.equal(then.state, "running");
    assert.equal((await client.get(id, { at: new Date(createdAt) })).version, then.version);
  });
  it("finds a task by token and by target", async () => {
    const target = { type: "db", id: "orders" };
    const old = (await client.submit({ type: "endless", target })).task;
    const { task } = await client.submit({ type: "copy", target, clientToken: "lost-1" });
    await client.waitFor(task.id);
    assert.equal((await client.attach({ token: "lost-1" }))?.id, task.id);
    assert.equal((await client.attach({ target: "orders" }))?.id, old.id);
    await client.cancel(old.id, "enough");
    await client.waitFor(old.id);
    assert.equal((await client.attach({ target: "orders" }))?.id, task.id);
    assert.equal(await client.attach({ target: "nothing" }), undefined);
    await assert.rejects(client.attach({ token: "never" }), refusedWith("TaskNotFound", 404));
  });
  it("reports errors with the message of the server", async () => {
    await assert.rejects(client.get("T-none"), refusedWith("TaskNotFound", 404));
    await assert.rejects(client.submit({ type: "nope" }), refusedWith("TaskTypeNotFound", 404));
    const broken = client.list({ filter: "state:runing" });
    await assert.rejects(collect(broken), refusedWith("InvalidParameter", 400));
  });
});

describe("lists", () => {
  it("go over pages", async () => {
    const made = await Promise.all(Array.from({ length: 7 }, () => submit("copy", { ms: 0 })));
    const wanted = { filter: `id:${made.map(({ id }) => id).join(",")}`, limit: 2 };
    const found = await collect(client.list(wanted));
    assert.deepEqual(found.map(({ id }) => id).toSorted(), made.map(({ id }) => id).toSorted());
  });
  it("count, and name the types", async () => {
    const { total, counts } = await client.counts();
    assert.equal(
      counts.reduce((sum, { count }) => sum + count, 0),
      total,
    );
    const names = (await client.types()).map(({ type }) => type);
    assert.ok(["copy", "fail", "ask", "endless"].every((name) => names.includes(name)));
  });
});

describe("waitFor", () => {
  it("gives the ended task, and every change on the way", async () => {
    const { id } = await submit("copy", { ms: 100 });
    const versions: number[] = [];
    const task = await client.waitFor(id, { onChange: ({ version }) => versions.push(version) });
    assert.equal(task.state, "succeeded");
    assert.deepEqual(
      versions,
      [...new Set(versions)].toSorted((a, b) => a - b),
    );
    assert.equal(versions.at(-1), task.version);
  });
  it("runs out with an error that has the task", async () => {
    const { id } = await submit("endless");
    await assert.rejects(client.waitFor(id, { timeoutMs: 150 }), (error) => {
      assert.ok(error instanceof WaitTimeoutError);
      assert.equal(error.task.id, id);
      return true;
    });
    await client.cancel(id, "seen enough");
    assert.equal((await client.waitFor(id)).state, "canceled");
  });
  it("is ended by a signal, with its reason", async () => {
    const { id } = await submit("endless");
    const over = new AbortController();
    const waiting = client.waitFor(id, { signal: over.signal });
    setTimeout(() => over.abort(new Error("never mind")), 100);
    await assert.rejects(waiting, /never mind/);
    await client.cancel(id, "seen enough");
  });
  it("knows at once that there is no such task", async () => {
    await assert.rejects(client.waitFor("T-none"), refusedWith("TaskNotFound", 404));
  });
});

describe("follow", () => {
  it("shows each task, and each again after a change, until all have ended", async () => {
    const some = await Promise.all([submit("copy"), submit("fail"), submit("copy", { ms: 80 })]);
    const last = new Map<string, Task>();
    for await (const task of client.follow(some.map(({ id }) => id))) {
      assert.ok(task.version > (last.get(task.id)?.version ?? 0));
      last.set(task.id, task);
    }
    assert.deepEqual(
      some.map(({ id }) => last.get(id)?.state),
      ["succeeded", "failed", "succeeded"],
    );
  });
  it("works with more tasks than a filter can name", async () => {
    const many = await Promise.all(Array.from({ length: 150 }, () => submit("copy", { ms: 0 })));
    const ended = new Set<string>();
    for await (const task of client.follow(many.map(({ id }) => id))) {
      if (hasEnded(task)) ended.add(task.id);
    }
    assert.equal(ended.size, 150);
  });
});

describe("events", () => {
  it("of one task end with it", async () => {
    const { id } = await submit("copy");
    const streamed = await collect(client.events({ taskId: id }));
    assert.deepEqual(streamed, await collect(client.log(id)));
    assert.equal(streamed[0]?.events[0]?.type, "TaskSubmitted");
    assert.deepEqual(
      await collect(client.events({ taskId: id, after: streamed.at(-1)?.cursor ?? "" })),
      [],
    );
  });
  it("of all tasks can be filtered, and can be left at any time", async () => {
    const over = new AbortController();
    const events = client.events({ filter: "type:fail", signal: over.signal });
    const first = events.next();
    await new Promise((opened) => setTimeout(opened, 100));
    await submit("copy");
    const { id } = await submit("fail");
    assert.equal((await first).value?.taskId, id);
    over.abort(new Error("left"));
    await assert.rejects(collect(events), /left/);
  });
});

describe("control", () => {
  it("pauses, resumes, cancels and tries again, each with a reason", async () => {
    const { id } = await submit("endless");
    await client.waitFor(id, { timeoutMs: 0 }).catch(() => {});
    await client.wait(id, { until: ["running"] });
    assert.equal((await client.pause(id, "lunch")).paused?.reason, "lunch");
    assert.equal((await client.why(id)).reasons[0]?.code, "paused");
    assert.equal((await client.resume(id, "back")).state, "running");
    await client.cancel(id, "enough");
    assert.equal((await client.waitFor(id)).cancel?.reason, "enough");
    const again = await client.retry(id, { reason: "once more" });
    assert.equal(again.forkOf?.taskId, id);
    await client.cancel(again.id, "enough");
    await assert.rejects(client.pause(id, "too late"), refusedWith("TaskEnded", 409));
  });
  it("answers the question of a step", async () => {
    for (const [answer, end] of [
      ["approve", "succeeded"],
      ["reject", "failed"],
    ] as const) {
      const { id } = await submit("ask");
      await client.wait(id, { until: "change", since: 3 });
      await client[answer](id, { step: "ask", reason: "because" });
      assert.equal((await client.waitFor(id)).state, end);
    }
  });
  it("acts in bulk: preview, start, follow, stop", async () => {
    const labels = { lot: "bulk" };
    for (let i = 0; i < 3; i++) await client.submit({ type: "endless", labels });
    const order = { filter: "label.lot=bulk", action: "cancel" } as const;
    assert.equal((await client.bulk.preview(order)).count, 3);
    const started = await client.bulk.start({ ...order, reason: "clean up" });
    const seen = await collect(client.bulk.follow(started.id));
    assert.equal(seen.at(-1)?.state, "succeeded");
    assert.equal(seen.at(-1)?.outputs["done"], 3);
    await assert.rejects(client.bulk.stop(started.id, "late"), refusedWith("TaskEnded", 409));
  });
  it("moves a task to another server", async () => {
    const { id } = await submit("copy", { what: "stars" });
    await client.waitFor(id);
    const file = await client.exportTask(id);
    const other = new TaskscribeClient({ endpoint: (await start("other")).url });
    assert.equal((await other.importTask(file)).outputs["copied"], "stars");
    await assert.rejects(other.importTask(file), refusedWith("ResourceExists", 409));
    const asking = await submit("ask");
    await client.wait(asking.id, { until: "change", since: 3 });
    const home = await other.importTask(await client.exportTask(asking.id), { resume: true });
    await client.cancel(asking.id, "moved");
    const followed = collect(other.follow([asking.id])); // by its old name
    await other.wait(home.id, { until: ["running"] });
    // It has asked elsewhere before, so the answer has to name the question.
    for (let number: number | undefined; number === undefined; ) {
      const { steps } = await other.get(asking.id);
      number = steps[0]?.approvals?.[0]?.number;
      if (number === undefined) continue;
      await other.approve(asking.id, { step: "ask", number, reason: "fine" });
    }
    assert.equal((await followed).at(-1)?.id, home.id);
    assert.equal((await followed).at(-1)?.state, "succeeded");
  });
  it("manages webhooks", async () => {
    const made = await client.webhooks.create({ url: "http://127.0.0.1:9/", filter: "type:copy" });
    assert.match(made.secret ?? "", /^whsec_/);
    assert.deepEqual(
      (await client.webhooks.list()).map(({ id }) => id),
      [made.id],
    );
    assert.equal((await client.webhooks.get(made.id)).secret, undefined);
    assert.equal((await client.webhooks.test(made.id)).delivered, false);
    assert.deepEqual(await collect(client.webhooks.deadLetters(made.id)), []);
    assert.deepEqual(await client.webhooks.resend(made.id), { sent: 0, failed: 0 });
    await client.webhooks.delete(made.id);
    await assert.rejects(client.webhooks.get(made.id), refusedWith("ResourceNotFound", 404));
  });
});

describe("a server that is killed and starts again", () => {
  it("loses no event, and no wait ends", async () => {
    const first = await start("restarted", "--speed", "100");
    const notes: RetryNote[] = [];
    const lasting = new TaskscribeClient({
      endpoint: first.url,
      onRetry: (note) => notes.push(note),
    });
    const { task } = await lasting.submit({ type: "ask" });
    const over = new AbortController();
    const [seen, all]: [Entry[], Entry[]] = [[], []];
    const reading = (async () => {
      for await (const entry of lasting.events({ taskId: task.id })) seen.push(entry);
    })();
    const readingAll = (async () => {
      for await (const entry of lasting.events({ after: "0", signal: over.signal }))
        all.push(entry);
    })().catch((error) => assert.match(String(error), /AbortError/));
    const waiting = lasting.waitFor(task.id, { timeoutMs: 60_000 });
    const following = collect(lasting.follow([task.id]));
    await lasting.wait(task.id, { until: "change", since: 3 });

    await first.end("SIGKILL");
    servers.delete(first);
    await new Promise((later) => setTimeout(later, 700));
    await start("restarted", "--port", first.address.split(":")[1] ?? "");
    await lasting.approve(task.id, { step: "ask", reason: "still here" });

    assert.equal((await waiting).state, "succeeded");
    assert.equal((await following).at(-1)?.state, "succeeded");
    await reading;
    const log = await collect(lasting.log(task.id));
    assert.deepEqual(seen, log);
    while (all.length < log.length) await new Promise((later) => setTimeout(later, 20));
    over.abort();
    await readingAll;
    assert.deepEqual(all, log);
    assert.ok(notes.length >= 3 && notes.every(({ error }) => error instanceof ConnectionError));
  });
});

describe("a server that checks signatures", () => {
  it("is served with a key, also a temporary one, and refuses without or with a wrong one", async () => {
    const data = join(folder, "strict");
    const keys = await jsonFrom<Keys>("key", "create", "--data", data);
    const { url } = await start("strict", "--auth", "strict");
    const signed = new TaskscribeClient({ endpoint: url, credentials: keys });
    const { task } = await signed.submit({ type: "copy", input: { what: "ü 漢*~'()+" } });
    assert.equal((await signed.waitFor(task.id)).state, "succeeded");
    assert.equal((await collect(signed.follow([task.id]))).at(-1)?.state, "succeeded");
    assert.equal((await collect(signed.list({ filter: "type:c* text:*" }))).length, 0);
    assert.equal((await collect(signed.events({ taskId: task.id }))).length > 2, true);
    assert.equal((await collect(signed.list({ filter: "type:c*" }))).length, 1);

    const temporary = await jsonFrom<Keys>("sts", "create", "--data", data);
    const brief = new TaskscribeClient({ endpoint: url, credentials: async () => temporary });
    assert.equal((await brief.submit({ type: "copy" })).outcome, "submitted");
    const wrong = { ...keys, accessKeySecret: "wrong" };
    const unknown = { ...keys, accessKeyId: "LTAI-nobody" };
    const codeOf = async (credentials?: Keys) => {
      const refused = new TaskscribeClient({ endpoint: url, credentials });
      const error = await refused.get(task.id).catch((reason: unknown) => reason);
      return error instanceof TaskscribeError ? error.code : error;
    };
    assert.equal(await codeOf(), "IncompleteSignature");
    assert.equal(await codeOf(wrong), "SignatureDoesNotMatch");
    assert.equal(await codeOf(unknown), "InvalidAccessKeyId.NotFound");
  });
});

describe("nobody there", () => {
  it("is a connection error, after the retry time", async () => {
    const nobody = createServer().listen(0, "127.0.0.1");
    await new Promise((listening) => nobody.once("listening", listening));
    const { port } = nobody.address() as AddressInfo;
    await new Promise((closed) => nobody.close(closed));
    const endpoint = `http://127.0.0.1:${port}`;
    const impatient = new TaskscribeClient({ endpoint, retryForMs: 0 });
    await assert.rejects(impatient.get("T-1"), ConnectionError);
    await assert.rejects(collect(impatient.events()), ConnectionError);
    await assert.rejects(
      impatient.waitFor("T-1"),
      /127\.0\.0\.1:\d+ could not be reached: .*ECONNREFUSED/,
    );
    await assert.rejects(collect(impatient.follow(["T-1"])), ConnectionError);
  });
  it("is a clear error, if another server answers or there is no answer", async () => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await new Promise((listening) => silent.once("listening", listening));
    const { port } = silent.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${port}`;
    const waiting = new TaskscribeClient({ endpoint, retryForMs: 0, timeoutMs: 100 });
    await assert.rejects(waiting.counts(), /no answer in 100 ms/);
    silent.close();
    assert.throws(
      () => new TaskscribeClient({ endpoint: "localhost:4010" }),
      /give an address such as/,
    );
    const other = new TaskscribeClient({ endpoint: `${server.url}/docs?` });
    await assert.rejects(other.counts(), TaskscribeError);
  });
});
