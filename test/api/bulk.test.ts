import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { defineTask } from "../../src/core/define-task.ts";
import { DomainError } from "../../src/core/errors.ts";
import { caller, startEngine } from "../support/engine-bench.ts";
import { settle } from "../support/fake-clock.ts";
import { startNativeServer } from "../support/native-server.ts";

const types = [
  defineTask({
    type: "endless",
    steps: {
      work: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        }),
    },
  }),
  defineTask({
    type: "fixed",
    cancelable: false,
    steps: { work: (_, { sleep }) => sleep(60_000) },
  }),
  defineTask({
    type: "broken",
    retry: { maxAttempts: 1 },
    steps: {
      work: async () => {
        throw new Error("no");
      },
    },
  }),
];

let server: Awaited<ReturnType<typeof startNativeServer>>;
before(async () => {
  server = await startNativeServer(types);
});
after(() => server.close());

const submit = async (type: string, run: string) => {
  const { body } = await server.send("POST", "/v1/tasks", { type, labels: { run } });
  await settle(5);
  return String(body.id);
};
const bulk = (body: object) => server.send("POST", "/v1/bulk", body);
const stateOf = async (id: string) => (await server.send("GET", `/v1/tasks/${id}`)).body.state;

async function finished(id: string) {
  for (;;) {
    const { body } = await server.send("GET", `/v1/tasks/${id}`);
    if (["succeeded", "failed", "canceled"].includes(body.state)) return body;
    await server.clock.advance(100);
  }
}

describe("POST /v1/bulk", () => {
  it("previews, acts on the tasks that matched at its time, counts refusals, and is named in each log", async () => {
    const members = await Promise.all(Array.from({ length: 30 }, () => submit("endless", "a")));
    const fixed = await submit("fixed", "a");
    const other = await submit("endless", "b");
    const order = { filter: "label.run=a state:open", action: "cancel", reason: "clean up" };
    const preview = await bulk({ ...order, preview: true });
    assert.deepEqual(
      [preview.status, preview.body.count, preview.body.more, preview.body.sample.length],
      [200, 31, false, 10],
    );
    await server.clock.advance(1);
    const made = await bulk({ ...order, clientToken: "once" });
    assert.equal(made.status, 201);
    await server.clock.advance(1);
    const late = await submit("endless", "a");
    const again = await bulk({ ...order, clientToken: "once" });
    assert.deepEqual([again.status, again.body.id], [200, made.body.id]);
    const task = await finished(made.body.id);
    assert.deepEqual(
      [task.state, task.type, task.outputs.done, task.outputs.refused],
      ["succeeded", "bulk", 30, 1],
    );
    assert.match(task.notices[0].message, /can not be canceled/);
    for (const id of members) assert.equal(await stateOf(id), "canceled");
    for (const id of [late, other, fixed]) assert.equal(await stateOf(id), "running");
    const { body } = await server.send("GET", `/v1/tasks/${members[0]}`);
    assert.deepEqual(body.cancel.reason, "clean up");
    assert.equal(body.cancel.by, `anonymous, by bulk ${task.id}`);
  });

  for (const [how, field, headers] of [
    ["clientToken", { clientToken: "kept" }, {}],
    ["Idempotency-Key", {}, { "idempotency-key": "kept" }],
  ] as const) {
    it(`is found again by its ${how}, after a restart too, and made once`, async () => {
      const first = await startNativeServer(types);
      const order = { filter: "state:open", action: "cancel", reason: "clean up", ...field };
      const send = (to: typeof first, body: object = order) =>
        to.send("POST", "/v1/bulk", body, headers);
      const [one, two] = await Promise.all([send(first), send(first)]);
      assert.deepEqual([one.status, two.status].toSorted(), [200, 201]);
      assert.equal(one.body.id, two.body.id);
      await first.clock.advance(1_000);
      const { store, clock } = first;
      const again = await startNativeServer(types, { store, clock }); // as after a kill
      const repeated = await send(again);
      assert.deepEqual([repeated.status, repeated.body.id], [200, one.body.id]);
      const other = await send(again, { ...order, action: "pause" });
      assert.deepEqual([other.status, other.body.error.code], [409, "TokenMismatch"]);
      await again.close();
      await first.close();
    });
  }

  it("with a token fails while the store cannot be read, and makes no second one", async () => {
    const { store } = await startEngine([]);
    let away = false;
    const failing = new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        const call = value.bind(target) as (...all: unknown[]) => unknown;
        if (name !== "findToken") return call;
        return async (...all: unknown[]) => {
          if (away) throw new DomainError("StoreUnavailable", "the disk is away; try again");
          return call(...all);
        };
      },
    });
    const small = await startNativeServer(types, { store: failing });
    const order = { filter: "state:open", action: "cancel", reason: "x", clientToken: "t" };
    const made = await small.send("POST", "/v1/bulk", order);
    away = true;
    assert.equal((await small.send("POST", "/v1/bulk", order)).status, 503);
    away = false;
    assert.equal((await small.send("POST", "/v1/bulk", order)).body.id, made.body.id);
    await small.close();
  });

  it("is started only there: it can be neither submitted nor imported, nor with another actor", async () => {
    const input = { filter: "", action: "cancel", reason: "x", actor: "nobody", snapshotAt: 1e15 };
    const submitted = await server.send("POST", "/v1/tasks", { type: "bulk", input });
    assert.deepEqual([submitted.status, submitted.body.error.code], [404, "TaskTypeNotFound"]);
    assert.match(submitted.body.error.message, /POST \/v1\/bulk$/);
    const order = { filter: "label.run=none", action: "pause", reason: "x" };
    const { id } = (await bulk(order)).body;
    await finished(id);
    const { body: file } = await server.send("GET", `/v1/tasks/${id}/export`);
    const open = { ...file, log: file.log.slice(0, 1), rehome: true };
    const imported = await server.send("POST", "/v1/tasks/import", open);
    assert.deepEqual([imported.status, imported.body.error.code], [400, "InvalidParameter"]);
    assert.match(imported.body.error.message, /an open bulk operation/);
  });

  it("retries no more tasks than the quota of the account allows", async () => {
    let left = 2;
    const settled: string[] = [];
    const small = await startNativeServer(types, {
      admit: (account) => {
        if (left === 0) throw new DomainError("ResourceBusy", "The quota of 2 is used up.");
        left--;
        return () => settled.push(account);
      },
    });
    try {
      for (let i = 0; i < 3; i++) await small.send("POST", "/v1/tasks", { type: "broken" });
      await small.clock.advance(1_000);
      const order = { filter: "type:broken state:failed", action: "retry", reason: "again" };
      const { id } = (await small.send("POST", "/v1/bulk", order)).body;
      await small.clock.advance(1_000);
      const { body: task } = await small.send("GET", `/v1/tasks/${id}`);
      assert.deepEqual([task.state, task.outputs.done, task.outputs.refused], ["succeeded", 2, 1]);
      assert.match(task.notices[0].message, /quota of 2/);
      assert.equal(settled.length, 2);
    } finally {
      await small.close();
    }
  });

  it("acts on the tasks that matched at its time, even if they have changed since", async () => {
    const id = await submit("endless", "past");
    await server.clock.advance(10);
    const order = { filter: "label.run=past state:running", action: "cancel", reason: "x" };
    const { body } = await bulk(order);
    const controlled = server.send("POST", `/v1/tasks/${id}/pause`, { reason: "y" });
    await finished(body.id);
    await controlled;
    assert.equal(await stateOf(id), "canceled");
  });

  it("retries failed tasks, each once, also if it is interrupted and starts again", async () => {
    const failed = [await submit("broken", "c"), await submit("broken", "c")];
    await server.clock.advance(1);
    const order = { filter: "label.run=c state:failed", action: "retry", reason: "fixed now" };
    const { body: made } = await bulk(order);
    await finished(made.id);
    await server.clock.advance(1);
    const forks = async () =>
      (await Promise.all(failed.map((id) => server.send("GET", `/v1/tasks?forkOf=${id}`)))).map(
        ({ body }) => body.tasks.length,
      );
    assert.deepEqual(await forks(), [1, 1]);
    // The same work runs again under the same name, as after a crash before the page was recorded.
    const type = server.engine.types().find((one) => one.type.type === "bulk")?.type;
    const act = type?.steps.get("act");
    const context = {
      account: "1000000000000001",
      taskId: made.id,
      outputs: {},
      signal: new AbortController().signal,
      output: () => undefined,
      message: () => undefined,
      progress: () => undefined,
      notice: () => undefined,
    };
    await act?.run(made.input, context as never);
    assert.deepEqual(await forks(), [1, 1]);
  });

  it("can be stopped, and refuses requests that make no sense", async () => {
    for (const order of [
      { filter: "", action: "cancel", reason: "x" },
      { filter: "state:open", action: "explode", reason: "x" },
      { filter: "state:open", action: "cancel" },
      { filter: "foo:1", action: "cancel", reason: "x" },
    ]) {
      assert.equal((await bulk(order)).status, 400, JSON.stringify(order));
    }
    // For example, a step of a program submits it.
    const direct = await server.engine.submit({ type: "bulk", input: {} }, caller);
    assert.equal((await finished(direct.id)).error.code, "BulkOrderInvalid");
  });
});

describe("export and import", () => {
  it("exports a task and imports it again, unchanged and read-only", async () => {
    const id = await submit("broken", "export");
    const { body: file, headers } = await server.send("GET", `/v1/tasks/${id}/export`);
    assert.equal(headers["content-disposition"], `attachment; filename="${id}.json"`);
    const elsewhere = await startNativeServer([]);
    const taken = await elsewhere.send("POST", "/v1/tasks/import", file);
    assert.equal(taken.status, 201, JSON.stringify(taken.body));
    const { health: _h, ...shown } = taken.body;
    assert.notEqual(shown.id, id);
    const target = { type: "task", id: shown.id };
    const { importedAt, requestId } = shown;
    assert.notEqual(requestId, file.task.requestId);
    const who = { importedBy: "anonymous", originalActor: "anonymous", actor: "anonymous" };
    const here = { id: shown.id, target, importedFrom: id, ...who, requestId };
    assert.deepEqual(shown, { ...file.task, ...here, importedAt, retries: shown.retries });
    const again = await elsewhere.send("GET", `/v1/tasks/${shown.id}/export`);
    const logs = [file, again.body].map(({ log }) =>
      log.flatMap((one: { events: [] }) => one.events),
    );
    Object.assign(logs[0][0].task, here, { importedAt: Date.parse(importedAt) });
    assert.deepEqual(logs[0], logs[1]);
    assert.equal(
      (await elsewhere.send("POST", "/v1/tasks/import", file)).body.error.code,
      "ResourceExists",
    );
    const controlled = await elsewhere.send("POST", `/v1/tasks/${id}/cancel`, { reason: "x" });
    assert.equal(controlled.body.error.code, "TaskEnded");
    await elsewhere.close();
  });

  it("continues an open task, if the request says so and it is possible", async () => {
    const { body } = await server.send("POST", "/v1/tasks", { type: "fixed" });
    await settle();
    const { body: file } = await server.send("GET", `/v1/tasks/${body.id}/export`);
    const poor = await startNativeServer([]);
    const refused = await poor.send("POST", "/v1/tasks/import", file);
    assert.match(refused.body.error.message, /rehome/);
    const unable = await poor.send("POST", "/v1/tasks/import", { ...file, rehome: true });
    assert.equal(unable.body.error.code, "TaskTypeNotFound");
    await poor.close();
    const able = await startNativeServer(types);
    const taken = await able.send("POST", "/v1/tasks/import", { ...file, resume: true });
    assert.equal(taken.body.state, "running", JSON.stringify(taken.body));
    await able.clock.advance(120_000);
    assert.equal((await able.send("GET", `/v1/tasks/${body.id}`)).body.state, "succeeded");
    await able.close();
  });

  it("finds an imported task by its old id, in every way", async (t) => {
    const { body } = await server.send("POST", "/v1/tasks", { type: "endless" });
    await settle();
    const { body: file } = await server.send("GET", `/v1/tasks/${body.id}/export`);
    await server.send("POST", `/v1/tasks/${body.id}/cancel`, { reason: "moved" });
    const there = await startNativeServer(types);
    t.after(() => there.close());
    const taken = await there.send("POST", "/v1/tasks/import", { ...file, resume: true });
    const { id } = taken.body;
    await there.clock.advance(1_000);
    const wait = there.send("GET", `/v1/wait?ids=${body.id}&until=paused`);
    await settle();
    await there.send("POST", `/v1/tasks/${body.id}/pause`, { reason: "a look" });
    assert.deepEqual((await wait).body.tasks[0].id, id);
    await there.send("POST", `/v1/tasks/${body.id}/resume`, { reason: "looked" });
    await there.send("POST", `/v1/tasks/${body.id}/cancel`, { reason: "enough" });
    await settle();
    const shown = await there.send("GET", `/v1/tasks/${body.id}`);
    assert.deepEqual([shown.body.id, shown.body.state], [id, "canceled"]);
    const past = await there.send("GET", `/v1/tasks/${body.id}?at=${shown.body.createdAt}`);
    assert.deepEqual([past.body.id, past.body.state], [id, "running"]);
    const log = await there.send("GET", `/v1/tasks/${body.id}/events`);
    assert.equal(log.body.entries[0].taskId, id, JSON.stringify(log.body));
    const fork = await there.send("POST", `/v1/tasks/${body.id}/retry`, { reason: "again" });
    assert.equal(fork.body.forkOf.taskId, id);
    assert.equal(fork.body.target.id, fork.body.id);
  });

  it("does not reveal whether another account has a task with that id", async (t) => {
    const id = await submit("broken", "secret");
    const { body: file } = await server.send("GET", `/v1/tasks/${id}/export`);
    const other = { account: "2000000000000002", requestId: "R-2", actor: "mallory" };
    const log = file.log.flatMap((entry: { events: [] }) => entry.events);
    const elsewhere = await startNativeServer(types);
    t.after(() => elsewhere.close());
    const [known, unknown] = await Promise.all(
      [server, elsewhere].map(({ engine }) => engine.importTask(log, other)),
    );
    assert.ok(known && unknown);
    assert.notEqual(known.id, id);
    const same = ({ id: _, target: _t, importedAt: _i, ...rest }: typeof known) => rest;
    assert.deepEqual(same(known), same(unknown));
    assert.equal((await server.engine.get(other.account, id)).id, known.id);
    assert.equal((await server.send("GET", `/v1/tasks/${id}`)).body.id, id);
    assert.equal((await server.send("GET", `/v1/tasks/${known.id}`)).status, 404);
    for (const { engine } of [server, elsewhere]) {
      await assert.rejects(engine.importTask(log, other), { code: "ResourceExists" });
    }
    await assert.rejects(server.engine.importTask(log, { ...other, account: known.account }), {
      code: "ResourceExists",
    });
  });

  it("imports nothing that is no task", async () => {
    const id = await submit("broken", "export");
    const { body: file } = await server.send("GET", `/v1/tasks/${id}/export`);
    const [first, ...rest] = file.log;
    const odd = structuredClone(file);
    odd.log[0].events[0].task.steps = "none";
    const strange = structuredClone(file);
    strange.log[0].events[0].task.target = 7;
    for (const wrong of [
      {},
      { ...file, format: "other" },
      { ...file, log: rest },
      { ...file, log: [first, first] },
      { ...file, log: [] },
      odd,
      strange,
    ]) {
      const { status, body } = await server.send("POST", "/v1/tasks/import", wrong);
      assert.equal(status, 400, JSON.stringify(body));
    }
  });
});
