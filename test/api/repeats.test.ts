import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { TaskscribeClient } from "../../src/client/index.ts";
import { defineTask } from "../../src/core/define-task.ts";
import { DomainError } from "../../src/core/errors.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import type { Store } from "../../src/store/store.ts";
import { memoryFolder } from "../support/memory-folder.ts";
import { moodyStore } from "../support/moody-store.ts";
import { type Reply, startNativeServer } from "../support/native-server.ts";

/** Rows 9 and 13 of the issue, and the suspicion of the client that repeats: what is sent again is carried out once. */

const deleted: string[] = [];
const types = [
  defineTask({
    type: "cleanup",
    steps: {
      ask: async (_, context) => {
        for (const name of ["staging", "production"]) {
          await context.approval({ question: `delete ${name}?` });
          deleted.push(name);
        }
      },
    },
  }),
  defineTask({
    type: "long",
    cancelGraceMs: 0,
    steps: { only: async (_, context) => context.sleep(60_000) },
  }),
];

type Server = Awaited<ReturnType<typeof startNativeServer>>;
const servers: Server[] = [];

afterEach(async () => {
  deleted.length = 0;
  for (const server of servers.splice(0)) await server.close();
});

async function start(options: Parameters<typeof startNativeServer>[1] = {}): Promise<Server> {
  const server = await startNativeServer(types, options);
  servers.push(server);
  return server;
}

async function submit(server: Server, type: string, more: object = {}): Promise<string> {
  const { status, body } = await server.send("POST", "/v1/tasks", { type, ...more });
  assert.ok(status === 201 || status === 200);
  await server.clock.advance(1);
  return body.id;
}

/** What `read` gives as soon as it gives something: files take their own time, whatever the fake clock says. */
async function eventually<T>(read: () => Promise<T>): Promise<T> {
  for (let tries = 0; tries < 1_000; tries++) {
    const found = await read();
    if (found) return found;
  }
  throw new Error("it did not come");
}

const keyed = (key: string) => ({ "idempotency-key": key });
const said = ({ status, body }: Reply) => [status, body.error?.code ?? body.state];

describe("an approval that is sent again", () => {
  const approve = { step: "ask", decision: "approve", reason: "seen" };

  async function asking(store?: Store) {
    const server = await start(store && { store });
    const id = await submit(server, "cleanup");
    const path = `/v1/tasks/${id}`;
    const open = async () => {
      const { body } = await server.send("GET", path);
      return body.steps[0].approvals?.find((one: { verdict?: object }) => !one.verdict);
    };
    const signal = async (more: object, headers = {}) => {
      const reply = await server.send("POST", `${path}/signal`, { ...approve, ...more }, headers);
      await server.clock.advance(1);
      return reply;
    };
    return { server, path, open, signal };
  }

  it("with its key gives the first answer, and answers no other question", async () => {
    const { open, signal } = await asking();
    const { number } = await open();
    assert.deepEqual(said(await signal({ number }, keyed("k-1"))), [200, "running"]);
    assert.deepEqual(said(await signal({ number }, keyed("k-1"))), [200, "running"]);
    assert.deepEqual(deleted, ["staging"]);
    assert.equal((await open()).question, "delete production?");
  });

  it("with its key, though without a number, answers the first question only", async () => {
    const { signal } = await asking();
    assert.equal((await signal({}, keyed("k-1"))).status, 200);
    assert.equal((await signal({}, keyed("k-1"))).status, 200);
    assert.deepEqual(deleted, ["staging"]);
  });

  it("without a key is refused, and says which question is open", async () => {
    const { open, signal } = await asking();
    const { number } = await open();
    assert.equal((await signal({ number })).status, 200);
    const again = await signal({ number });
    assert.deepEqual(said(again), [409, "QuestionNotOpen"]);
    assert.equal(again.body.error.facts.open[0].question, "delete production?");
    assert.deepEqual(said(await signal({})), [400, "MissingParameter"]);
    assert.deepEqual(deleted, ["staging"]);
  });

  it("by two people at once answers one question", async () => {
    const { open, signal } = await asking();
    const { number } = await open();
    const both = await Promise.all([signal({ number }), signal({ number, decision: "reject" })]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409]);
    assert.deepEqual(deleted, ["staging"]);
  });

  it("with its key and another content is a conflict", async () => {
    const { open, signal } = await asking();
    const { number } = await open();
    await signal({ number }, keyed("k-1"));
    const next = await open();
    const other = await signal({ number: next.number }, keyed("k-1"));
    assert.deepEqual(said(other), [409, "TokenMismatch"]);
    assert.deepEqual(deleted, ["staging"]);
  });

  it("with its key changes nothing after a restart, and after the task has ended", async () => {
    const directory = memoryFolder("taskscribe-repeats-");
    const { server, path, open, signal } = await asking(await openSqliteStore(directory));
    const { number: first } = await eventually(open);
    await signal({ number: first }, keyed("k-1"));
    await servers.shift()?.close();
    const again = await start({ store: await openSqliteStore(directory), clock: server.clock });
    const send = (number: number, key: string) =>
      again.send("POST", `${path}/signal`, { ...approve, number }, keyed(key));
    assert.equal((await send(first, "k-1")).status, 200);
    const get = async () => (await again.send("GET", path)).body;
    const { number: second } = await eventually(async () => (await get()).steps[0].approvals[1]);
    assert.equal((await send(second, "k-2")).status, 200);
    await eventually(async () => (await get()).state === "succeeded");
    assert.deepEqual(said(await send(second, "k-2")), [200, "succeeded"]);
    assert.deepEqual(said(await send(second, "k-3")), [409, "TaskEnded"]);
  });
});

describe("a command that is sent again with its key", () => {
  const reason = { reason: "lunch" };

  it("is not carried out again, whatever came between", async () => {
    const server = await start();
    const id = await submit(server, "long");
    const send = async (verb: string, key: string, body: object = reason) =>
      said(await server.send("POST", `/v1/tasks/${id}/${verb}`, body, keyed(key)));
    assert.deepEqual(await send("pause", "p-1"), [200, "paused"]);
    assert.deepEqual(await send("resume", "r-1"), [200, "running"]);
    assert.deepEqual(await send("pause", "p-1"), [200, "running"]);
    assert.deepEqual(await send("pause", "p-1", { reason: "tea" }), [409, "TokenMismatch"]);
    assert.deepEqual(await send("cancel", "p-1"), [409, "TokenMismatch"]);
    assert.deepEqual(await send("pause", "p-2"), [200, "paused"]);
    assert.deepEqual(await send("resume", "r-1"), [200, "paused"]);
    assert.equal((await send("cancel", "c-1"))[0], 200);
    await server.clock.advance(1_000);
    assert.deepEqual(await send("cancel", "c-1"), [200, "canceled"]);
  });

  it("is not carried out later, if it changed nothing the first time", async () => {
    const server = await start();
    const id = await submit(server, "long");
    const send = async (verb: string, key: string) =>
      said(await server.send("POST", `/v1/tasks/${id}/${verb}`, reason, keyed(key)));
    assert.deepEqual(await send("pause", "p-1"), [200, "paused"]);
    assert.deepEqual(await send("pause", "p-2"), [200, "paused"]);
    assert.deepEqual(await send("resume", "r-1"), [200, "running"]);
    assert.deepEqual(await send("pause", "p-2"), [200, "running"]);
  });

  it("is carried out once, though the store lost its answer", async () => {
    const { store, mood } = await moodyStore();
    const server = await start({ store });
    const id = await submit(server, "long");
    const send = async (verb: string, key: string) =>
      said(await server.send("POST", `/v1/tasks/${id}/${verb}`, reason, keyed(key)));
    Object.assign(mood, { writes: "loses-answers", reads: "fail" });
    assert.deepEqual(await send("pause", "p-1"), [503, "StoreUnavailable"]);
    Object.assign(mood, { writes: "well", reads: "well" });
    assert.deepEqual(await send("resume", "r-1"), [200, "running"]);
    assert.deepEqual(await send("pause", "p-1"), [200, "running"]);
    mood.writes = "refuses";
    assert.deepEqual(await send("pause", "p-2"), [503, "StoreUnavailable"]);
    mood.writes = "well";
    assert.deepEqual(await send("pause", "p-2"), [200, "paused"]);
  });

  it("is carried out once, if it comes many times at once", async () => {
    const server = await start();
    const id = await submit(server, "long");
    const before = (await server.send("GET", `/v1/tasks/${id}`)).body.version;
    const pause = () => server.send("POST", `/v1/tasks/${id}/pause`, reason, keyed("p-1"));
    const all = await Promise.all(Array.from({ length: 20 }, pause));
    for (const reply of all) assert.deepEqual(said(reply), [200, "paused"]);
    assert.equal((await server.send("GET", `/v1/tasks/${id}`)).body.version, before + 1);
  });
});

describe("a submission that joined another task, sent again with its token (row 13)", () => {
  it("gives the same task after that one has ended, and starts none", async () => {
    const server = await start();
    const key = { concurrencyKey: "disk-1" };
    const holder = await submit(server, "long", key);
    const join = { type: "long", ...key, whenBusy: "join", clientToken: "j-1" };
    const first = await server.send("POST", "/v1/tasks", join);
    assert.deepEqual([first.status, first.body.id], [200, holder]);
    await server.send("POST", `/v1/tasks/${holder}/cancel`, { reason: "enough" });
    await server.clock.advance(1_000);
    const again = await server.send("POST", "/v1/tasks", join);
    assert.deepEqual([again.status, again.body.id, again.body.state], [200, holder, "canceled"]);
    assert.equal(again.headers["x-taskscribe-outcome"], "repeated");
    const other = await server.send("POST", "/v1/tasks", { ...join, priority: 9 });
    assert.deepEqual(said(other), [409, "TokenMismatch"]);
    assert.equal((await server.send("GET", "/v1/tasks")).body.tasks.length, 1);
  });

  it("gives the same task when the store lost the answer", async () => {
    const store = await openSqliteStore(":memory:");
    const append = store.append.bind(store);
    const server = await start({ store });
    const key = { concurrencyKey: "disk-1" };
    const holder = await submit(server, "long", key);
    const join = { type: "long", ...key, whenBusy: "join", clientToken: "j-1" };
    store.append = async (given) => {
      const result = await append(given);
      if (given.events.length > 0) return result;
      throw new DomainError("StoreUnavailable", "the answer is lost; try again");
    };
    const lost = await server.send("POST", "/v1/tasks", join);
    assert.equal(lost.status, 503);
    store.append = append;
    await server.send("POST", `/v1/tasks/${holder}/cancel`, { reason: "enough" });
    await server.clock.advance(1_000);
    assert.equal((await server.send("POST", "/v1/tasks", join)).body.id, holder);
  });

  it("gives one task to many that come at once", async () => {
    const server = await start();
    const holder = await submit(server, "long", { concurrencyKey: "disk-1" });
    const join = {
      ...{ type: "long", concurrencyKey: "disk-1", whenBusy: "join", clientToken: "j-1" },
    };
    const all = await Promise.all(
      Array.from({ length: 20 }, () => server.send("POST", "/v1/tasks", join)),
    );
    assert.deepEqual(new Set(all.map(({ body }) => body.id)), new Set([holder]));
  });
});

describe("an import that is sent again with its key", () => {
  it("gives the first answer, and the key takes no other file", async () => {
    const [away, home] = [await start(), await start()];
    const files: object[] = [];
    for (const type of ["long", "cleanup"]) {
      const id = await submit(away, type);
      await away.send("POST", `/v1/tasks/${id}/cancel`, { reason: "moved" });
      await away.clock.advance(1_000);
      files.push((await away.send("GET", `/v1/tasks/${id}/export`)).body);
    }
    await home.clock.advance(10_000);
    const take = (file: object | undefined, headers = {}) =>
      home.send("POST", "/v1/tasks/import", file, headers);
    const [one, other] = files;
    const first = await take(one, keyed("i-1"));
    assert.equal(first.status, 201);
    const all = await Promise.all([take(one, keyed("i-1")), take(one, keyed("i-1"))]);
    for (const { status, body } of all) {
      assert.deepEqual([status, body.id], [201, first.body.id]);
    }
    assert.deepEqual(said(await take(one)), [409, "ResourceExists"]);
    assert.deepEqual(said(await take(one, keyed("i-2"))), [409, "ResourceExists"]);
    assert.deepEqual(said(await take(other, keyed("i-1"))), [409, "TokenMismatch"]);
    const both = await Promise.all([take(other, keyed("i-3")), take(other, keyed("i-3"))]);
    assert.deepEqual([both[0].status, both[1].status], [201, 201]);
    assert.equal(both[0].body.id, both[1].body.id);
    assert.equal((await home.send("GET", "/v1/tasks")).body.tasks.length, 2);
  });
});

describe("the client, when an answer is lost or the server is not ready", () => {
  /** The first request of each kind is carried out, and its answer lost; or told as 503. */
  async function client(server: Server, how: "lost" | "503") {
    const seen = new Set<string>();
    return new TaskscribeClient({
      endpoint: `http://127.0.0.1:${server.port}`,
      fetch: async (input, init) => {
        const answer = await fetch(input, init);
        const path = String(input);
        if (init?.method === "GET" || seen.has(path)) return answer;
        seen.add(path);
        if (how === "lost") throw new TypeError("fetch failed");
        const error = { code: "StoreUnavailable", message: "not ready", retryable: true };
        return Response.json({ error }, { status: 503 });
      },
    });
  }

  for (const how of ["lost", "503"] as const) {
    it(`answers one question with one approval (${how})`, async () => {
      const server = await start();
      const id = await submit(server, "cleanup");
      const own = await client(server, how);
      await own.approve(id, { step: "ask", reason: "seen" });
      await server.clock.advance(1);
      assert.deepEqual(deleted, ["staging"]);
    });

    it(`makes one task with one retry (${how})`, async () => {
      const server = await start();
      const id = await submit(server, "long");
      await server.send("POST", `/v1/tasks/${id}/cancel`, { reason: "again" });
      await server.clock.advance(1_000);
      const own = await client(server, how);
      const again = await own.retry(id, { reason: "again" });
      const { tasks } = (await server.send("GET", `/v1/tasks?forkOf=${id}`)).body;
      assert.deepEqual(
        tasks.map((task: { id: string }) => task.id),
        [again.id],
      );
    });
  }
});
