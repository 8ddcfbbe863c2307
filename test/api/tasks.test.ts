import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { defineTask } from "../../src/core/define-task.ts";
import { settle } from "../support/fake-clock.ts";
import { startNativeServer } from "../support/native-server.ts";

const gates = new Map<string, () => void>();
/** A task that runs until the test opens the gate that its input names. */
const gated = defineTask({
  type: "gated",
  steps: {
    wait: (input, { signal }) =>
      new Promise((resolve, reject) => {
        gates.set(String(input["gate"]), () => resolve({}));
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
  },
});
const quick = defineTask({ type: "quick", steps: { only: async () => ({ done: true }) } });
const broken = defineTask({
  type: "broken",
  retry: { maxAttempts: 1 },
  steps: {
    first: async () => ({ kept: 1 }),
    second: async () => {
      throw new Error("the disk is full");
    },
  },
});
const asking = defineTask({
  type: "asking",
  steps: { ask: async (_, { approval }) => ({ by: (await approval({ question: "go?" })).by }) },
});

let server: Awaited<ReturnType<typeof startNativeServer>>;
before(async () => {
  server = await startNativeServer([gated, quick, broken, asking]);
});
after(() => server.close());

const submit = (body: object, headers = {}) => server.send("POST", "/v1/tasks", body, headers);
const get = (path: string) => server.send("GET", path);
const control = (id: string, verb: string, body: object) =>
  server.send("POST", `/v1/tasks/${id}/${verb}`, body);
const ended = async (id: string) => {
  const { body } = await get(`/v1/tasks/${id}/wait?timeout=20`);
  assert.equal(body.met, true);
  return body.task;
};

describe("native API: tasks", () => {
  it("submits, and finds the task again by its token, from the header as from the field", async () => {
    const first = await submit({ type: "quick" }, { "idempotency-key": "k-1" });
    assert.deepEqual([first.status, first.headers["x-taskscribe-outcome"]], [201, "submitted"]);
    assert.equal(first.headers["location"], `/v1/tasks/${first.body.id}`);
    const again = await submit({ type: "quick", clientToken: "k-1" });
    assert.deepEqual([again.status, again.headers["x-taskscribe-outcome"]], [200, "repeated"]);
    assert.equal(again.body.id, first.body.id);
    const found = await get("/v1/tasks/by-token?token=k-1");
    assert.equal(found.body.id, first.body.id);
    const other = await submit({ type: "gated", clientToken: "k-1" });
    assert.deepEqual([other.status, other.body.error.code], [409, "TokenMismatch"]);
    const both = await submit({ type: "quick", clientToken: "a" }, { "idempotency-key": "b" });
    assert.deepEqual([both.status, both.body.error.code], [400, "InvalidParameter"]);
    assert.equal((await get("/v1/tasks/by-token?token=nobody")).status, 404);
    assert.equal((await get("/v1/tasks/by-token")).body.error.code, "MissingParameter");
  });

  it("takes a delay, which a repeated request repeats", async () => {
    const asked = { type: "quick", delayMs: 60_000, clientToken: "late" };
    const { body } = await submit(asked);
    const at = new Date(server.clock.now() + 60_000).toISOString();
    assert.deepEqual([body.state, body.notBefore, body.health], ["pending", at, "held"]);
    await server.clock.advance(1_000);
    const repeated = await submit(asked);
    assert.deepEqual([repeated.status, repeated.body.id], [200, body.id]);
    const twice = await submit({ ...asked, notBefore: at, clientToken: "x" });
    assert.equal(twice.body.error.code, "InvalidParameter");
    await server.clock.advance(60_000);
    assert.equal((await ended(body.id)).state, "succeeded");
  });

  it("only checks, if asked to", async () => {
    const checked = await submit({ type: "quick", validateOnly: true });
    assert.deepEqual([checked.status, checked.headers["x-taskscribe-outcome"]], [200, "checked"]);
    assert.equal((await get(`/v1/tasks/${checked.body.id}`)).status, 404);
    const wrong = await submit({ type: "nothing", validateOnly: true });
    assert.equal(wrong.body.error.code, "TaskTypeNotFound");
  });

  it("joins the task that holds the key", async () => {
    const key = { concurrencyKey: "one", whenBusy: "join", input: { gate: "join" } };
    const holder = await submit({ type: "gated", ...key });
    const joined = await submit({ type: "gated", ...key });
    assert.equal(joined.headers["x-taskscribe-outcome"], "joined");
    assert.equal(joined.body.id, holder.body.id);
    await settle();
    gates.get("join")?.();
    await ended(holder.body.id);
  });

  it("controls with a reason, which the log keeps, and refuses without", async () => {
    const { body: task } = await submit({ type: "gated", input: { gate: "controlled" } });
    for (const body of [undefined, {}, { reason: "" }, { reason: 1 }, { reason: "x", more: 1 }]) {
      const { status } = await server.send("POST", `/v1/tasks/${task.id}/pause`, body);
      assert.equal(status, 400, JSON.stringify(body));
    }
    const paused = await control(task.id, "pause", { reason: "lunch" });
    assert.deepEqual([paused.body.state, paused.body.paused.reason], ["paused", "lunch"]);
    assert.equal((await control(task.id, "resume", { reason: "back" })).body.state, "running");
    const canceled = await control(task.id, "cancel", { reason: "enough" });
    assert.equal(canceled.body.cancel.reason, "enough");
    await ended(task.id);
    const { body } = await get(`/v1/tasks/${task.id}/events`);
    const reasons = body.entries
      .flatMap(({ events }: { events: { reason?: string }[] }) => events)
      .flatMap(({ reason }: { reason?: string }) => reason ?? []);
    assert.deepEqual(reasons, ["lunch", "back", "enough"]);
  });

  it("tries a failed task again as a fork, and lists it by its origin", async () => {
    const { body: task } = await submit({ type: "broken" });
    assert.equal((await ended(task.id)).error.message, "the disk is full");
    const fork = await control(task.id, "retry", { reason: "more disk", fromStep: "second" });
    assert.equal(fork.status, 201);
    assert.equal(fork.body.forkOf.taskId, task.id);
    await ended(fork.body.id);
    const { body: list } = await get(`/v1/tasks?forkOf=${task.id}`);
    assert.deepEqual(
      list.tasks.map(({ id }: { id: string }) => id),
      [fork.body.id],
    );
    const wrong = await control(task.id, "retry", { reason: "x", fromStep: "third" });
    assert.equal(wrong.body.error.facts.parameter, "fromStep");
  });

  it("answers a step's question", async () => {
    const { body: task } = await submit({ type: "asking" });
    await settle();
    const why = await get(`/v1/tasks/${task.id}/why`);
    assert.equal(why.body.reasons[0].code, "awaiting-approval");
    const verdict = { step: "ask", decision: "approve", reason: "looks good" };
    assert.equal((await control(task.id, "signal", verdict)).status, 200);
    assert.equal((await ended(task.id)).outputs.by, "anonymous");
  });

  it("shows no secret, neither in the task nor in its log", async () => {
    const input = { login_password: "s3same", nodes: [{ privateKey: "s3same" }] };
    const { body } = await submit({ type: "quick", input });
    const events = await get(`/v1/tasks/${body.id}/events`);
    const list = await get("/v1/tasks?limit=3");
    const stream = await server.stream(`/v1/tasks/${body.id}/events/stream`);
    const told = [body, events.body, list.body, await stream.next()];
    stream.cut();
    assert.equal(body.input.login_password, "******");
    assert.equal(JSON.stringify(told).includes("s3same"), false);
  });

  it("lists the types", async () => {
    const { body } = await get("/v1/types");
    assert.deepEqual(body.types[1], {
      product: "native",
      type: "quick",
      steps: [{ name: "only", after: [], maxAttempts: body.types[1].steps[0].maxAttempts }],
      cancelable: true,
      pausable: true,
    });
  });

  it("shows a task as it was", async () => {
    const { body: task } = await submit({ type: "gated", input: { gate: "past" } });
    const began = server.clock.now();
    await server.clock.advance(5_000);
    await control(task.id, "pause", { reason: "now" });
    await server.clock.advance(5_000);
    const at = async (moment: string | number) =>
      (await get(`/v1/tasks/${task.id}?at=${moment}`)).body;
    assert.equal((await at(began)).state, "running");
    assert.equal((await at(new Date(began + 5_000).toISOString())).state, "paused");
    assert.equal((await at(began - 1)).error.code, "TaskNotFound");
    assert.equal((await at("yesterday")).error.code, "InvalidParameter");
    assert.equal((await get(`/v1/tasks/nobody?at=${began}`)).status, 404);
    const header = { "x-taskscribe-at": String(began) };
    const past = await server.send("GET", `/v1/tasks/${task.id}`, undefined, header);
    assert.equal(past.body.state, "running");
    await control(task.id, "cancel", { reason: "done" });
    await ended(task.id);
  });

  it("filters the list, and its pages skip and repeat nothing while tasks are added", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 12; i++) {
      const labels = { env: i % 3 === 0 ? "prod" : "test", run: "paging" };
      ids.unshift((await submit({ type: "quick", labels })).body.id);
    }
    for (const id of ids) await ended(id);
    const filter = encodeURIComponent("label.run=paging -label.env=prod state:ended");
    const seen: string[] = [];
    let cursor = "";
    do {
      const { body } = await get(`/v1/tasks?limit=2&filter=${filter}${cursor}`);
      assert.ok(body.tasks.length <= 2);
      seen.push(...body.tasks.map(({ id }: { id: string }) => id));
      await submit({ type: "quick", labels: { run: "paging", env: "test" } });
      cursor = body.next === undefined ? "" : `&cursor=${body.next}`;
    } while (cursor !== "");
    assert.deepEqual(
      seen,
      ids.filter((_, i) => (11 - i) % 3 !== 0),
    );
  });

  it("says what is wrong with a filter, a cursor and a limit", async () => {
    const { body } = await get(`/v1/tasks?filter=${encodeURIComponent("state:running foo:1")}`);
    const { parameter, position, found } = body.error.facts;
    assert.deepEqual([parameter, position, found], ["filter", 15, '"foo"']);
    assert.equal((await get("/v1/tasks?cursor=zzz")).body.error.facts.parameter, "cursor");
    assert.equal((await get("/v1/tasks?limit=0")).body.error.facts.parameter, "limit");
    assert.equal((await get("/v1/tasks?state=sleeping")).body.error.facts.parameter, "state");
  });

  it("describes itself: every route is in the OpenAPI description, and every reference is valid", async () => {
    const { body } = await get("/v1/openapi.json");
    const text = JSON.stringify(body);
    for (const [, name = ""] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) {
      assert.ok(body.components.schemas[name], name);
    }
    assert.ok(body.paths["/v1/tasks/{id}/why"].get);
    assert.ok(body.paths["/v1/events"].get.responses["200"].content["text/event-stream"]);
    assert.equal((await get("/docs")).status, 200);
  });
});
