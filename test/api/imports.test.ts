import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { defineTask } from "../../src/core/define-task.ts";
import { caller } from "../support/engine-bench.ts";
import { settle } from "../support/fake-clock.ts";
import { startNativeServer } from "../support/native-server.ts";
import { fc } from "../support/properties.ts";

const ran: string[] = [];
const types = [
  defineTask({
    type: "deploy",
    input: { type: "object", properties: { size: { type: "integer" } } },
    outputs: { type: "object", properties: { url: { type: "string" } } },
    steps: {
      ask: async (_, { approval }) => void (await approval({ question: "go on?" })),
      ship: async (_, { output }) => {
        ran.push("ship");
        output("url", "https://shipped.example");
      },
    },
  }),
  defineTask({
    type: "broken",
    retry: { maxAttempts: 2 },
    steps: { work: () => Promise.reject(new Error("no")) },
  }),
];

// biome-ignore lint/suspicious/noExplicitAny: a forged file has any shape
type File = any;
type Server = Awaited<ReturnType<typeof startNativeServer>>;

let from: Server;
let to: Server;
const files: { open: File; failed: File; succeeded: File } = {} as never;

async function exported(id: string): Promise<File> {
  return (await from.send("GET", `/v1/tasks/${id}/export`)).body;
}

before(async () => {
  from = await startNativeServer(types);
  to = await startNativeServer(types);
  const submit = async (type: string, input: object = {}) => {
    const { body } = await from.send("POST", "/v1/tasks", {
      type,
      input,
      labels: { team: "a", env: "test" },
      finishBy: "2027-01-01T00:00:00Z",
    });
    await settle(5);
    return String(body.id);
  };
  const open = await submit("deploy", { size: 3 });
  const done = await submit("deploy", { size: 4 });
  const broken = await submit("broken");
  await from.clock.advance(10_000);
  await from.send("POST", `/v1/tasks/${done}/signal`, {
    step: "ask",
    decision: "approve",
    reason: "fine",
  });
  await from.clock.advance(10_000);
  await to.clock.advance(30_000);
  files.open = await exported(open);
  files.succeeded = await exported(done);
  files.failed = await exported(broken);
});
after(() => Promise.all([from.close(), to.close()]));

const take = (file: File) => to.send("POST", "/v1/tasks/import", file);

/** The file with the change made to a copy of it, under an id of its own. */
let count = 0;
function forged(file: File, change: (events: File[], file: File) => void): File {
  const copy = structuredClone(file);
  const events = copy.log.flatMap((entry: File) => entry.events);
  copy.log = [{ taskId: "x", firstVersion: 1, events }];
  events[0].task.id = `ts-forged-${count++}`;
  change(events, copy);
  return copy;
}

describe("the import of a forged history", () => {
  const refused = async (file: File, message: RegExp) => {
    const { status, body } = await take(file);
    assert.deepEqual([status, body.error?.code], [400, "InvalidParameter"], JSON.stringify(body));
    assert.match(body.error.message, message);
  };

  it("is refused with the index of the first event that the core cannot have made", async () => {
    const approve = {
      type: "ApprovalDecided",
      step: "ask",
      decision: "approve",
      by: "ceo",
      reason: "x",
    };
    await refused(
      forged(files.failed, (events) => events.splice(2, 0, { ...approve, at: events[2].at })),
      /ApprovalDecided can not come there|wrong at event 1: TaskStarted/,
    );
    await refused(
      forged(files.failed, (events) => events.splice(2, 1)),
      /wrong at event [123]/,
    );
    await refused(
      forged(files.open, (events) => events.push({ type: "TaskSucceeded", at: events.at(-1).at })),
      /TaskSucceeded can not come there, while the task is running/,
    );
    await refused(
      forged(files.succeeded, (events) => {
        events.at(-1).at -= 60_000;
      }),
      /wrong at event/,
    );
  });

  it("is refused with fields that are missing, wrong, unknown, or beyond their bounds", async () => {
    const cases: readonly [RegExp, (events: File[]) => void][] = [
      [/task\/labels must be object/, ([{ task }]) => Object.assign(task, { labels: null })],
      [/task\/labels\/team/, ([{ task }]) => Object.assign(task.labels, { team: 5 })],
      [/task\/secret schema is false/, ([{ task }]) => Object.assign(task, { secret: 1 })],
      [/task must have required/, ([{ task }]) => delete task.priority],
      [/task\/priority/, ([{ task }]) => Object.assign(task, { priority: 77 })],
      [/task\/type/, ([{ task }]) => Object.assign(task, { type: "x".repeat(1_000) })],
      [
        /well-formed Unicode|no Unicode/,
        ([{ task }]) => Object.assign(task, { concurrencyKey: "k\ud800" }),
      ],
      [
        /labels is 65 labels; give at most 64/,
        ([{ task }]) =>
          Object.assign(task, {
            labels: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`l${i}`, "x"])),
          }),
      ],
      [
        /attributes is 257 attributes; give at most 256/,
        ([{ task }]) =>
          Object.assign(task, {
            attributes: Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`a${i}`, 1])),
          }),
      ],
      [/at must be/, (events) => Object.assign(events[1], { at: 1.5 })],
      [/at must be/, (events) => Object.assign(events[1], { at: 9e15 })],
      [/in the future/, (events) => Object.assign(events.at(-1), { at: 4e12 })],
      [/name of an event/, (events) => Object.assign(events[1], { type: "toString" })],
      [/circle/, ([{ task }]) => Object.assign(task.steps[0], { after: ["ship"] })],
      [/input\/size/, ([{ task }]) => Object.assign(task.input, { size: "big" })],
    ];
    for (const [message, change] of cases) {
      await refused(forged(files.succeeded, change), message);
    }
    const huge = forged(files.succeeded, ([{ task }]) =>
      Object.assign(task.input, { fill: "x".repeat(300_000) }),
    );
    await assert.rejects(to.engine.importTask(huge.log[0].events, caller), {
      code: "InvalidParameter",
      message: /task\/input must be at most 262144 bytes/,
    });
    await refused(
      forged(files.succeeded, (events) => {
        events.find(({ type }) => type === "StepReported").report.outputs.url = 7;
      }),
      /outputs\/url/,
    );
  });

  it("gives no right: the task is the importer's, without a parent, superseding nothing", async () => {
    const file = forged(files.succeeded, ([{ task }]) =>
      Object.assign(task, {
        actor: "admin",
        account: "9",
        requestId: "R-forged",
        parent: { taskId: "ts-none", step: "s" },
        supersedes: true,
        importedBy: "root",
        traceparent: "00-1-1-1",
      }),
    );
    const { status, body } = await take(file);
    assert.equal(status, 201, JSON.stringify(body));
    assert.deepEqual(
      [body.actor, body.importedBy, body.originalActor, body.parent],
      ["anonymous", "anonymous", "admin", undefined],
    );
    assert.notEqual(body.requestId, "R-forged");
    assert.equal(Date.parse(body.importedAt), to.clock.now());
    const task = await to.engine.get(caller.account, body.id);
    assert.deepEqual(
      [task.supersedes, task.traceparent, task.account],
      [undefined, undefined, caller.account],
    );
    const { tasks } = (await to.send("GET", `/v1/tasks?filter=actor:admin`)).body;
    assert.deepEqual(tasks, []);
  });

  it("gives a fork of it to whoever retries it", async () => {
    const { body } = await take(
      forged(files.failed, ([{ task }]) => Object.assign(task, { actor: "admin" })),
    );
    const fork = await to.send("POST", `/v1/tasks/${body.id}/retry`, { reason: "again" });
    assert.deepEqual(
      [fork.status, fork.body.actor, fork.body.importedBy],
      [201, "anonymous", undefined],
    );
  });
});

describe("the import of an open task", () => {
  it("runs nothing until it is resumed, and asks again for what was approved elsewhere", async () => {
    ran.length = 0;
    const file = forged(files.open, (events) => {
      const { at } = events.at(-1);
      events.push({
        type: "ApprovalDecided",
        at,
        step: "ask",
        decision: "approve",
        by: "ceo",
        reason: "x",
      });
    });
    const { body } = await take({ ...file, rehome: true });
    assert.deepEqual([body.state, body.held.by, body.health], ["pending", "anonymous", "held"]);
    await to.clock.advance(60_000);
    const why = (await to.send("GET", `/v1/tasks/${body.id}/why`)).body;
    assert.equal(why.reasons[0].code, "paused");
    assert.match(JSON.stringify(why), /resume it to let it run here/);
    assert.deepEqual(ran, []);
    const resumed = await to.send("POST", `/v1/tasks/${body.id}/resume`, { reason: "go" });
    assert.equal(resumed.body.held, undefined);
    await to.clock.advance(1_000);
    const asks = (await to.send("GET", `/v1/tasks/${body.id}`)).body;
    assert.deepEqual([asks.state, asks.steps[0].approvals[0].verdict], ["running", undefined]);
    assert.deepEqual(ran, []);
    const yes = { step: "ask", decision: "approve", reason: "fine" };
    // Which question it answers must be said: the task has asked elsewhere before.
    const unnamed = await to.send("POST", `/v1/tasks/${body.id}/signal`, yes);
    assert.deepEqual([unnamed.status, unnamed.body.error.code], [400, "MissingParameter"]);
    const { number } = asks.steps[0].approvals[0];
    await to.send("POST", `/v1/tasks/${body.id}/signal`, { ...yes, number });
    await to.clock.advance(1_000);
    assert.deepEqual(ran, ["ship"]);
    assert.equal((await to.send("GET", `/v1/tasks/${body.id}`)).body.state, "succeeded");
  });

  it("stays held over a restart, and its deadline stands still meanwhile", async () => {
    const own = await startNativeServer(types, { clock: to.clock });
    const { body } = await own.send("POST", "/v1/tasks/import", {
      ...forged(files.open, ([{ task }]) =>
        Object.assign(task, { finishBy: to.clock.now() + 1_000 }),
      ),
      rehome: true,
    });
    await own.clock.advance(5_000);
    const again = await startNativeServer(types, { clock: to.clock, store: own.store });
    await again.clock.advance(5_000);
    const held = (await again.send("GET", `/v1/tasks/${body.id}`)).body;
    assert.deepEqual([held.state, held.held.by], ["pending", "anonymous"]);
    const { body: resumed } = await again.send("POST", `/v1/tasks/${body.id}/resume`, {
      reason: "go",
    });
    assert.equal(Date.parse(resumed.finishBy), to.clock.now() + 1_000);
    await again.clock.advance(2_000);
    assert.equal((await again.send("GET", `/v1/tasks/${body.id}`)).body.state, "expired");
    await Promise.all([own.close(), again.close()]);
  });

  it("does not cancel the tasks that it calls its subtasks", async () => {
    const victim = (await to.send("POST", "/v1/tasks", { type: "deploy" })).body.id;
    const file = forged(files.open, (events) => {
      const { at } = events.at(-1);
      const summary = {
        id: victim,
        type: "deploy",
        state: "running",
        message: "",
        createdAt: at,
        updatedAt: at,
      };
      events.push({ type: "StepReported", at, step: "ask", report: { subtasks: [summary] } });
    });
    const { body } = await take({ ...file, resume: true });
    await to.send("POST", `/v1/tasks/${body.id}/cancel`, { reason: "x" });
    await to.clock.advance(60_000);
    assert.equal((await to.send("GET", `/v1/tasks/${body.id}`)).body.state, "canceled");
    assert.equal((await to.send("GET", `/v1/tasks/${victim}`)).body.state, "running");
  });

  it("is refused while it is being canceled, and with steps that are not those of its type here", async () => {
    const canceling = forged(files.open, (events) => {
      const { at } = events.at(-1);
      events.push({ type: "CancelRequested", at, by: "x", reason: "x", deadline: at + 30_000 });
    });
    assert.match((await take({ ...canceling, resume: true })).body.error.message, /canceling/);
    const other = forged(files.open, ([{ task }]) =>
      Object.assign(task.steps[1], { maxAttempts: 99 }),
    );
    assert.match(
      (await take({ ...other, resume: true })).body.error.message,
      /steps are not those/,
    );
  });
});

describe("a log with any change", () => {
  const ODD = [
    null,
    "",
    "x",
    0,
    -1,
    1.5,
    9e15,
    true,
    [],
    {},
    ["x"],
    { a: 1 },
    "2027-01-01",
    "\u202e",
  ];

  /** A copy of the value with one thing in it left out, repeated, moved, added or replaced, as the dice say. */
  function changed(value: File, dice: number[]): File {
    const die = dice.pop() ?? 0;
    const odd = ODD[die % ODD.length];
    if (typeof value !== "object" || value === null || die % 11 === 0) return odd;
    const names = Object.keys(value);
    const name = names[die % Math.max(1, names.length)];
    if (name === undefined) return odd;
    return Array.isArray(value)
      ? changedList(value, Number(name), die % 13, dice)
      : changedObject(value, name, die % 13, dice);
  }

  function changedList(list: File[], at: number, how: number, dice: number[]): File[] {
    if (how === 1) return list.toSpliced(at, 1);
    if (how === 2) return [...list, list[at]];
    if (how === 3) return list.toReversed();
    return list.with(at, changed(list[at], dice));
  }

  function changedObject(object: File, name: string, how: number, dice: number[]): File {
    const { [name]: field, ...rest } = object;
    if (how === 1) return rest;
    if (how === 4) return { ...object, more: ODD[dice.length % ODD.length] };
    return { ...object, [name]: changed(field, dice) };
  }

  it("is refused with 400, or is a task that everything can show: never a 500", async () => {
    let taken = 0;
    const dice = fc.array(fc.nat(100_000), { minLength: 12, maxLength: 12 });
    const property = fc.asyncProperty(
      fc.constantFrom("open", "failed", "succeeded"),
      dice,
      async (which, rolls) => {
        const file = forged(files[which as keyof typeof files], (events, copy) => {
          copy.log[0].events = changed(events, [...rolls]);
        });
        const reply = await take({
          ...file,
          resume: rolls[0] !== undefined && rolls[0] % 2 === 0,
          rehome: true,
        });
        if (reply.status !== 201) {
          // An id or a type that the change hit may be there already, or unknown.
          const code = reply.body.error?.code;
          const status = { TaskTypeNotFound: 404, ResourceExists: 409 }[String(code)] ?? 400;
          assert.equal(reply.status, status, JSON.stringify(reply.body));
          return;
        }
        taken++;
        const id = reply.body.id;
        for (const path of ["", "/why", "/events", "/export"]) {
          const { status, body } = await to.send("GET", `/v1/tasks/${id}${path}`);
          assert.equal(status, 200, JSON.stringify(body));
        }
        for (const query of [
          "label.team=a",
          "state:open",
          "health:held",
          "label.env=test state:failed",
          "actor:anonymous type:deploy",
        ]) {
          const { status, body } = await to.send(
            "GET",
            `/v1/tasks?filter=${encodeURIComponent(query)}`,
          );
          assert.equal(status, 200, JSON.stringify(body));
        }
        await settle(3);
      },
    );
    await fc.assert(property, { numRuns: 1_200 });
    assert.ok(taken > 20, `only ${taken} were taken in`);
    assert.deepEqual(to.errors, []);
  });
});
