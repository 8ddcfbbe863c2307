import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TaskCommand } from "../../src/core/commands.ts";
import { decide } from "../../src/core/decide.ts";
import { DomainError } from "../../src/core/errors.ts";
import { fold } from "../../src/core/evolve.ts";
import type { JsonObject } from "../../src/core/json.ts";
import {
  isFinal,
  OPEN_STATES,
  TASK_STATES,
  type Task,
  type TaskDraft,
  type TaskState,
} from "../../src/core/task.ts";
import type {
  Append,
  AppendResult,
  RecordedEvents,
  ResourceChange,
  Store,
  TaskQuery,
} from "../../src/store/store.ts";
import { fc } from "../support/properties.ts";

export interface OpenedStore {
  /** Empty. The contract closes it. */
  readonly store: Store;
  /** Opens the same data again after a close; absent where nothing outlives a close. */
  readonly reopen?: () => Promise<Store>;
  /** A second process's store on the same data, at the same time; absent where one process owns the data. */
  readonly another?: () => Promise<Store>;
}

/** Closes the store that was opened for this, whatever comes of it. */
export async function withStore(
  open: () => Promise<OpenedStore>,
  use: (store: Store) => Promise<void>,
): Promise<void> {
  const { store } = await open();
  try {
    await use(store);
  } finally {
    await store.close();
  }
}

/** Every promise of the port (src/store/store.ts), as each adapter must keep it. */
export function describeStore(name: string, open: () => Promise<OpenedStore>): void {
  const withStore = async (use: (store: Store) => Promise<void>) => {
    const { store } = await open();
    try {
      await use(store);
    } finally {
      await store.close();
    }
  };
  describe(`${name}: the store contract`, () => {
    describe("append and read", () => appendPromises(withStore));
    describe("a refused append changes nothing", () => refusalPromises(withStore));
    describe("lists", () => listPromises(withStore));
    describe("events", () => eventPromises(withStore));
    describe("open tasks", () => openTaskPromises(withStore));
    describe("tokens", () => tokenPromises(withStore));
    describe("concurrency keys", () => keyPromises(withStore));
    describe("resources", () => resourcePromises(withStore));
    describe("accounts", () => accountPromises(withStore));
    describe("contents", () => contentPromises(withStore));
    describe("close and open", () => closePromises(open));
  });
}

type WithStore = (use: (store: Store) => Promise<void>) => Promise<void>;

// ---- Tasks to store: real ones, made by the core. ----

export const ACCOUNT = "1000000000000001";
const OTHER = "1000000000000002";
const AT = 1_700_000_000_000;

let lastId = 0;

/** The append of a new task. */
export function submission(draft: Partial<TaskDraft> = {}, extra: Partial<Append> = {}): Append {
  const task: TaskDraft = {
    id: `t-${String(++lastId).padStart(12, "0")}`,
    account: ACCOUNT,
    product: "ack",
    type: "cluster_scaleout",
    input: {},
    target: { type: "cluster", id: "c-1" },
    attributes: {},
    steps: [{ name: "work", after: [], weight: 1, maxAttempts: 3 }],
    priority: 5,
    ...draft,
  };
  return following(undefined, { type: "SubmitTask", at: AT, task }, extra);
}

/** The append that a command to `before` leads to. */
export function following(
  before: Task | undefined,
  command: TaskCommand,
  extra: Partial<Append> = {},
): Append {
  const events = decide(before, command);
  if (events instanceof DomainError) throw events;
  const task = fold(events, before);
  return { taskId: task.id, expectedVersion: before?.version ?? 0, events, task, ...extra };
}

const START: TaskCommand = { type: "StartTask", at: AT + 1 };
const CANCEL: TaskCommand = {
  type: "CancelTask",
  at: AT + 2,
  by: "ann",
  reason: "changed my mind",
  deadline: AT + 1000,
};
const PATHS: Record<TaskState, readonly TaskCommand[]> = {
  pending: [],
  running: [START],
  paused: [START, { type: "PauseTask", at: AT + 2, by: "ann", reason: "lunch" }],
  canceling: [START, CANCEL],
  succeeded: [START, { type: "CompleteStep", at: AT + 2, step: "work", attempt: 1 }],
  failed: [
    START,
    {
      type: "FailStep",
      at: AT + 2,
      step: "work",
      attempt: 1,
      failure: { code: "Quota", message: "no quota is left", terminal: true },
      retryAt: AT + 3,
    },
  ],
  canceled: [CANCEL],
  expired: [{ type: "CheckDeadlines", at: AT + 5000 }],
};

/** Appends what brings a new task to `state`. */
async function bring(
  store: Store,
  state: TaskState,
  draft: Partial<TaskDraft> = {},
): Promise<Task> {
  const expires = state === "expired" ? { finishBy: AT + 5000 } : {};
  const appends = [submission({ ...expires, ...draft })];
  for (const command of PATHS[state]) appends.push(following(appends.at(-1)?.task, command));
  for (const append of appends) await appended(store, append);
  return appends.at(-1)?.task as Task;
}

async function appended(store: Store, append: Append): Promise<Task> {
  const result = await store.append(append);
  assert.equal(result.outcome, "appended");
  return append.task;
}

function change(
  id: string,
  data: JsonObject | null,
  expectedVersion: number,
  extra: Partial<ResourceChange> = {},
): ResourceChange {
  return { kind: "ack.cluster", id, data, expectedVersion, ...extra };
}

function ids(tasks: readonly Task[]): readonly string[] {
  return tasks.map(({ id }) => id);
}

/** All pages of a list, as one. */
async function listAll(store: Store, query: TaskQuery): Promise<readonly Task[]> {
  const tasks: Task[] = [];
  for (let cursor: string | undefined, more = true; more; ) {
    const page = await store.list({ ...query, ...(cursor !== undefined && { cursor }) });
    assert.ok(page.tasks.length <= query.limit);
    assert.ok(page.next === undefined || page.tasks.length === query.limit);
    tasks.push(...page.tasks);
    cursor = page.next;
    more = cursor !== undefined;
  }
  return tasks;
}

/** All pages of a log, as one. */
async function allEvents(
  store: Store,
  query: { account?: string; taskId?: string },
  limit = 1000,
): Promise<readonly RecordedEvents[]> {
  const records: RecordedEvents[] = [];
  for (let after = 0, more = true; more; ) {
    const page = await store.readEvents({ ...query, after, limit });
    assert.ok(page.length <= limit);
    records.push(...page);
    after = page.at(-1)?.position ?? after;
    more = page.length === limit;
  }
  return records;
}

function isUnavailable(error: unknown): boolean {
  return error instanceof DomainError && error.code === "StoreUnavailable";
}

// ---- The promises. ----

function appendPromises(withStore: WithStore): void {
  it("reads a task as it was appended, after every append", () =>
    withStore(async (store) => {
      let task = await appended(store, submission());
      assert.deepEqual(await store.read(ACCOUNT, task.id), task);
      for (const command of PATHS.succeeded) {
        task = await appended(store, following(task, command));
        assert.deepEqual(await store.read(ACCOUNT, task.id), task);
      }
      assert.equal(task.state, "succeeded");
    }));

  it("does not know a task that was never appended", () =>
    withStore(async (store) => {
      assert.equal(await store.read(ACCOUNT, "t-unknown"), undefined);
      assert.equal(await store.read(ACCOUNT, ""), undefined);
    }));

  it("gives every append a greater position", () =>
    withStore(async (store) => {
      const positions: number[] = [];
      for (let i = 0; i < 5; i++) {
        const result = await store.append(submission());
        assert.equal(result.outcome, "appended");
        if (result.outcome === "appended") positions.push(result.position);
      }
      assert.ok(positions.every((position, i) => position > (positions[i - 1] ?? 0)));
    }));

  it("refuses a version that is not the task's", () =>
    withStore(async (store) => {
      const pending = await appended(store, submission());
      const started = following(pending, START);
      const running = await appended(store, started);
      const done = following(running, PATHS.succeeded[1] as TaskCommand);
      assert.deepEqual(await store.append(started), { outcome: "version-conflict" });
      assert.deepEqual(await store.append(submission({ id: pending.id })), {
        outcome: "version-conflict",
      });
      await appended(store, done);
      assert.deepEqual(await store.append(done), { outcome: "version-conflict" });
    }));

  it("refuses a later append to a task that does not exist", () =>
    withStore(async (store) => {
      const never = submission().task;
      assert.deepEqual(await store.append(following(never, START)), {
        outcome: "version-conflict",
      });
      assert.equal(await store.read(ACCOUNT, never.id), undefined);
    }));

  it("lets one of many appends to the same version through", () =>
    withStore(async (store) => {
      const pending = await appended(store, submission());
      const results = await Promise.all(
        Array.from({ length: 50 }, () => store.append(following(pending, START))),
      );
      const outcomes = results.map(({ outcome }) => outcome).sort();
      assert.deepEqual(outcomes, ["appended", ...Array(49).fill("version-conflict")]);
      assert.equal((await allEvents(store, { taskId: pending.id })).length, 2);
    }));

  it("takes 1,000 appends at once", () =>
    withStore(async (store) => {
      const appends = Array.from({ length: 1000 }, () => submission());
      const results = await Promise.all(appends.map((append) => store.append(append)));
      const positions = results.map((result) =>
        result.outcome === "appended" ? result.position : 0,
      );
      assert.ok(positions.every((position) => position > 0));
      assert.equal(new Set(positions).size, 1000);
      const found = await listAll(store, { account: ACCOUNT, limit: 300 });
      assert.deepEqual(new Set(ids(found)), new Set(appends.map(({ taskId }) => taskId)));
    }));

  it("throws at an append that does not fold to its task", () =>
    withStore(async (store) => {
      const append = submission();
      const broken: readonly Append[] = [
        { ...append, taskId: "t-another" },
        { ...append, events: [] },
        { ...append, expectedVersion: 1 },
        { ...append, task: { ...append.task, version: 2 } },
        { ...append, resources: [change("c-1", {}, 0), change("c-1", null, 1)] },
      ];
      for (const one of broken) await assert.rejects(store.append(one), TypeError);
      assert.equal(await store.read(ACCOUNT, append.taskId), undefined);
      await appended(store, append);
    }));
}

function refusalPromises(withStore: WithStore): void {
  const token = { scope: "CreateTask", token: "t", fingerprint: "f" };
  const cases: readonly [string, Partial<Append>, Partial<TaskDraft>, AppendResult["outcome"]][] = [
    ["version-conflict", {}, { id: "t-first" }, "version-conflict"],
    ["token-taken", { token }, {}, "token-taken"],
    ["key-held", { unlessKeyHeld: true }, { concurrencyKey: "k" }, "key-held"],
    ["resource-conflict", { resources: [change("c-1", { n: 2 }, 7)] }, {}, "resource-conflict"],
    [
      "a conflict of the last of several resources",
      {
        resources: [
          change("c-9", {}, 0),
          change("c-1", null, 1),
          change("n-1", {}, 3, { kind: "ack.node" }),
        ],
      },
      {},
      "resource-conflict",
    ],
  ];
  for (const [what, extra, draft, outcome] of cases) {
    it(what, () =>
      withStore(async (store) => {
        const first = submission(
          { id: "t-first", concurrencyKey: "k" },
          { token, resources: [change("c-1", { n: 1 }, 0)] },
        );
        await appended(store, first);
        const refused = submission(draft, {
          token: { scope: "CreateTask", token: "new", fingerprint: "f" },
          ...extra,
        });
        assert.equal((await store.append(refused)).outcome, outcome);
        assert.deepEqual(await listAll(store, { account: ACCOUNT, limit: 10 }), [first.task]);
        assert.equal((await allEvents(store, {})).length, 1);
        assert.equal(await store.findToken(ACCOUNT, "CreateTask", "new"), undefined);
        assert.deepEqual(await store.listResources(ACCOUNT, { kind: "ack.cluster" }), [
          { kind: "ack.cluster", id: "c-1", data: { n: 1 }, version: 1 },
        ]);
        assert.deepEqual(await store.listResources(ACCOUNT, { kind: "ack.node" }), []);
      }),
    );
  }

  it("a refused one among others leaves the others alone", () =>
    withStore(async (store) => {
      const appends = Array.from({ length: 30 }, (_, i) =>
        i % 3 === 1 ? submission({ id: "t-same" }) : submission(),
      );
      const results = await Promise.all(appends.map((append) => store.append(append)));
      const applied = results.filter(({ outcome }) => outcome === "appended");
      assert.equal(applied.length, 21);
      assert.equal((await allEvents(store, {})).length, 21);
    }));
}

function listPromises(withStore: WithStore): void {
  it("shows the newest submission first, whatever happened since", () =>
    withStore(async (store) => {
      const first = await appended(store, submission());
      const second = await appended(store, submission());
      const third = await appended(store, submission());
      await appended(store, following(first, START));
      const { tasks, next } = await store.list({ account: ACCOUNT, limit: 10 });
      assert.deepEqual(ids(tasks), [third.id, second.id, first.id]);
      assert.equal(tasks[2]?.state, "running");
      assert.equal(next, undefined);
    }));

  it("shows a task in its list from the moment the append is told", () =>
    withStore(async (store) => {
      let task = await appended(store, submission());
      const states: TaskState[] = ["pending"];
      for (const command of PATHS.succeeded) {
        task = await appended(store, following(task, command));
        states.push(task.state);
        for (const state of TASK_STATES) {
          const listed = await listAll(store, { account: ACCOUNT, states: [state], limit: 10 });
          assert.equal(listed.length, state === task.state ? 1 : 0);
        }
      }
      assert.deepEqual(states, ["pending", "running", "succeeded"]);
    }));

  it("shows the caller's own of tasks that the caller has at hand", () =>
    withStore(async (store) => {
      const ended = await bring(store, "succeeded");
      const open = await appended(store, submission());
      const atHand = (id: string) => (id === ended.id ? { task: ended, bytes: 1 } : undefined);
      const { tasks } = await store.list({ account: ACCOUNT, limit: 10 }, atHand);
      assert.deepEqual(tasks, [open, ended]);
      assert.equal(tasks[1], ended);
    }));

  it("has a next page only if there is more", () =>
    withStore(async (store) => {
      for (let i = 0; i < 4; i++) await appended(store, submission());
      assert.equal((await store.list({ account: ACCOUNT, limit: 4 })).next, undefined);
      assert.notEqual((await store.list({ account: ACCOUNT, limit: 3 })).next, undefined);
    }));

  it("neither skips nor doubles a task while others are added", () =>
    withStore(async (store) => {
      const before: string[] = [];
      for (let i = 0; i < 25; i++) before.push((await appended(store, submission())).id);
      for (const query of [{ product: "ack" }, { targetId: "c-1" }, { states: OPEN_STATES }, {}]) {
        const seen: string[] = [];
        for (let cursor: string | undefined, more = true; more; ) {
          const page = await store.list({
            account: ACCOUNT,
            limit: 4,
            ...query,
            ...(cursor !== undefined && { cursor }),
          });
          seen.push(...ids(page.tasks));
          await appended(store, submission());
          cursor = page.next;
          more = cursor !== undefined;
        }
        const old = seen.filter((id) => before.includes(id));
        assert.deepEqual(old, before.toReversed());
        assert.equal(new Set(seen).size, seen.length);
      }
    }));

  it("leaves out the newest that a page number skips, and counts all up to a limit", () =>
    withStore(async (store) => {
      const made: string[] = [];
      for (let i = 0; i < 7; i++) made.push((await bring(store, i % 2 ? "failed" : "running")).id);
      const all = made.toReversed();
      const query = { account: ACCOUNT, states: ["failed", "running"] as const };
      for (const skip of [0, 1, 3, 6, 7, 100]) {
        const { tasks } = await store.list({ ...query, skip, limit: 3 });
        assert.deepEqual(ids(tasks), all.slice(skip, skip + 3));
      }
      const failed = { ...query, states: ["failed"] as const };
      const none = { ...query, states: [] };
      const counts = [store.count(query, 100), store.count(query, 5), store.count(failed, 100)];
      assert.deepEqual(await Promise.all(counts), [7, 5, 3]);
      assert.equal(await store.count(none, 100), 0);
      assert.equal(await store.count({ account: OTHER }, 100), 0);
    }));

  it("filters by everything at once, and pages through all of it", () =>
    withStore(async (store) => {
      const tasks = await world(store);
      const choice = <T>(values: readonly T[]) => fc.option(fc.constantFrom(...values));
      await fc.assert(
        fc.asyncProperty(
          fc.record({
            product: choice(["ack", "bdrc"]),
            type: choice(["scale", "create"]),
            states: fc.option(fc.array(fc.constantFrom(...TASK_STATES), { maxLength: 9 })),
            targetId: choice(["c-1", "c-2", "c-none"]),
            parentId: choice([tasks[0]?.id ?? "", "t-none"]),
            forkOf: choice([tasks[1]?.id ?? ""]),
            limit: fc.integer({ min: 1, max: 12 }),
          }),
          async (chosen) => {
            const given = Object.entries(chosen).filter(([, value]) => value !== null);
            const query = { account: ACCOUNT, ...Object.fromEntries(given) } as TaskQuery;
            const expected = tasks.filter((task) => matches(task, query)).toReversed();
            assert.deepEqual(await listAll(store, query), expected);
          },
        ),
        { numRuns: 150 },
      );
    }));

  it("refuses a page size out of bounds, and a cursor that is not its own", () =>
    withStore(async (store) => {
      const invalid = (error: unknown) =>
        error instanceof DomainError && error.code === "InvalidParameter";
      for (const limit of [0, -1, 1001, 1.5, Number.NaN]) {
        await assert.rejects(store.list({ account: ACCOUNT, limit }), invalid);
      }
      for (const cursor of ["", "x", "-1", "1 OR 1", "9".repeat(40)]) {
        await assert.rejects(store.list({ account: ACCOUNT, limit: 5, cursor }), invalid);
      }
    }));
}

/** One task for each state, product, type and target; some are subtasks, some forks. */
async function world(store: Store): Promise<readonly Task[]> {
  const tasks: Task[] = [];
  for (const [i, state] of TASK_STATES.entries()) {
    for (let j = 0; j < 8; j++) {
      const [parent, original] = tasks;
      const draft: Partial<TaskDraft> = {
        product: j % 2 ? "bdrc" : "ack",
        type: j % 4 < 2 ? "scale" : "create",
        target: { type: "cluster", id: j < 4 ? "c-1" : "c-2" },
        ...(parent && (i + j) % 3 === 0 && { parent: { taskId: parent.id, step: "work" } }),
        ...(original &&
          (i + j) % 5 === 0 && { forkOf: { taskId: original.id, by: "ann", reason: "again" } }),
      };
      tasks.push(await bring(store, state, draft));
    }
  }
  return tasks;
}

function matches(task: Task, query: TaskQuery): boolean {
  return (
    (query.product === undefined || task.product === query.product) &&
    (query.type === undefined || task.type === query.type) &&
    (query.states === undefined || query.states.includes(task.state)) &&
    (query.targetId === undefined || task.target.id === query.targetId) &&
    (query.parentId === undefined || task.parent?.taskId === query.parentId) &&
    (query.forkOf === undefined || task.forkOf?.taskId === query.forkOf)
  );
}

function eventPromises(withStore: WithStore): void {
  it("keeps a task's log in order, and the log folds to the row", () =>
    withStore(async (store) => {
      for (const state of TASK_STATES) {
        const task = await bring(store, state);
        const log = await allEvents(store, { account: ACCOUNT, taskId: task.id }, 2);
        let version = 1;
        for (const record of log) {
          assert.equal(record.firstVersion, version);
          assert.equal(record.taskId, task.id);
          assert.equal(record.account, ACCOUNT);
          version += record.events.length;
        }
        const folded = fold(log.flatMap(({ events }) => events));
        assert.deepEqual(folded, await store.read(ACCOUNT, task.id));
        assert.deepEqual(folded, task);
      }
    }));

  it("keeps one log of all tasks, in the order of the appends", () =>
    withStore(async (store) => {
      const one = await appended(store, submission());
      const two = await appended(store, submission({ account: OTHER }));
      await appended(store, following(one, START));
      const log = await allEvents(store, {}, 1);
      assert.deepEqual(
        log.map(({ taskId, firstVersion }) => [taskId, firstVersion]),
        [
          [one.id, 1],
          [two.id, 1],
          [one.id, 2],
        ],
      );
      assert.ok(log.every(({ position }, i) => position > (log[i - 1]?.position ?? 0)));
      const mine = await allEvents(store, { account: ACCOUNT }, 1);
      assert.deepEqual(mine, [log[0], log[2]]);
    }));

  it("tells where the log ends, also when the last task is in the archive", () =>
    withStore(async (store) => {
      assert.equal(await store.lastPosition(), 0);
      const one = await appended(store, submission());
      const results = await Promise.all([submission(), submission()].map((it) => store.append(it)));
      const positions = results.map((it) => (it.outcome === "appended" ? it.position : 0));
      assert.equal(await store.lastPosition(), Math.max(...positions));
      const end = await store.append(following(one, CANCEL));
      assert.equal(end.outcome === "appended" && end.position, await store.lastPosition());
      await store.archive([one.id]);
      assert.equal(end.outcome === "appended" && end.position, await store.lastPosition());
      assert.deepEqual(await store.readEvents({ after: await store.lastPosition(), limit: 9 }), []);
    }));

  it("has an epoch, which no other log has (row 30)", () =>
    withStore((store) =>
      withStore(async (other) => {
        assert.equal(store.logEpochs.length, 1);
        const [epoch] = store.logEpochs;
        assert.match(epoch?.id ?? "", /^[0-9a-z]{8}$/);
        assert.equal(epoch?.beginsAfter, 0);
        assert.notEqual(other.logEpochs[0]?.id, epoch?.id);
      }),
    ));

  it("says of two positions that they are neighbours only where nothing can stand between", () =>
    withStore(async (store) => {
      for (let i = 0; i < 4; i++) await appended(store, submission());
      const log = await allEvents(store, {}, 100);
      const positions = [0, ...log.map(({ position }) => position)];
      for (const [i, before] of positions.entries()) {
        for (const [k, next] of positions.entries()) {
          if (store.isNext(before, next)) assert.equal(k, i + 1);
        }
      }
    }));

  it("tells the position that the append was told", () =>
    withStore(async (store) => {
      const append = submission();
      const result = await store.append(append);
      const [record] = await store.readEvents({ after: 0, limit: 10 });
      assert.ok(result.outcome === "appended" && record?.position === result.position);
      assert.deepEqual(record.events, append.events);
      assert.deepEqual(await store.readEvents({ after: record.position, limit: 10 }), []);
    }));
}

function openTaskPromises(withStore: WithStore): void {
  it("lists what has not ended, of all accounts, oldest first", () =>
    withStore(async (store) => {
      const open: Task[] = [];
      for (const [i, state] of [...TASK_STATES, ...TASK_STATES].entries()) {
        const task = await bring(store, state, { account: i % 3 ? ACCOUNT : OTHER });
        if (!isFinal(state)) open.push(task);
      }
      assert.deepEqual(await store.listOpen(undefined, 100), open);
      const paged: Task[] = [];
      for (let page = await store.listOpen(undefined, 3); page.length > 0; ) {
        paged.push(...page);
        page = await store.listOpen(paged.at(-1)?.id, 3);
      }
      assert.deepEqual(paged, open);
    }));

  it("goes on after a task that has ended meanwhile", () =>
    withStore(async (store) => {
      const first = await appended(store, submission());
      const second = await appended(store, submission());
      await appended(store, following(first, CANCEL));
      assert.deepEqual(await store.listOpen(first.id, 10), [second]);
    }));

  it("refuses to go on after a task it does not know, which would look like the end", () =>
    withStore(async (store) => {
      await appended(store, submission());
      await assert.rejects(store.listOpen("t-unknown", 10), DomainError);
    }));
}

function tokenPromises(withStore: WithStore): void {
  const token = { scope: "CreateTask", token: "abc", fingerprint: "f1" };

  it("binds a token to its task for good", () =>
    withStore(async (store) => {
      assert.equal(await store.findToken(ACCOUNT, "CreateTask", "abc"), undefined);
      const task = await appended(store, submission({}, { token }));
      const claimed = { taskId: task.id, fingerprint: "f1" };
      assert.deepEqual(await store.findToken(ACCOUNT, "CreateTask", "abc"), claimed);
      await appended(store, following(task, CANCEL));
      assert.deepEqual(await store.append(submission({}, { token })), {
        outcome: "token-taken",
        ...claimed,
      });
      const different = { ...token, fingerprint: "f2" };
      assert.deepEqual(await store.append(submission({}, { token: different })), {
        outcome: "token-taken",
        ...claimed,
      });
    }));

  it("keeps with a token what its submission was answered with", () =>
    withStore(async (store) => {
      const reply = { cluster_id: "c-1", list: [1, { deep: null }] };
      const task = await appended(store, submission({}, { token: { ...token, reply } }));
      const claimed = { taskId: task.id, fingerprint: "f1", reply };
      assert.deepEqual(await store.findToken(ACCOUNT, "CreateTask", "abc"), claimed);
      const again = submission({}, { token: { ...token, reply: { cluster_id: "c-2" } } });
      assert.deepEqual(await store.append(again), { outcome: "token-taken", ...claimed });
      await appended(store, following(task, CANCEL));
      await store.archive([task.id]);
      assert.deepEqual(await store.findToken(ACCOUNT, "CreateTask", "abc"), claimed);
    }));

  it("keeps scopes and accounts apart", () =>
    withStore(async (store) => {
      await appended(store, submission({}, { token }));
      await appended(store, submission({}, { token: { ...token, scope: "DeleteTask" } }));
      await appended(store, submission({ account: OTHER }, { token }));
      await appended(store, submission({}, { token: { ...token, token: "" } }));
    }));

  it("lets one of 100 submissions with one token through", () =>
    withStore(async (store) => {
      const appends = Array.from({ length: 100 }, () => submission({}, { token }));
      const results = await Promise.all(appends.map((append) => store.append(append)));
      const winner = results.findIndex(({ outcome }) => outcome === "appended");
      const taken = { outcome: "token-taken", taskId: appends[winner]?.taskId, fingerprint: "f1" };
      assert.equal(results.filter(({ outcome }) => outcome === "appended").length, 1);
      for (const [i, result] of results.entries())
        if (i !== winner) assert.deepEqual(result, taken);
      assert.equal((await listAll(store, { account: ACCOUNT, limit: 100 })).length, 1);
    }));

  it("answers a repeat with its task, even if the task holds the key it asks for", () =>
    withStore(async (store) => {
      const draft = { concurrencyKey: "k" };
      await appended(store, submission(draft, { token, unlessKeyHeld: true }));
      const repeat = await store.append(submission(draft, { token, unlessKeyHeld: true }));
      assert.equal(repeat.outcome, "token-taken");
    }));
}

function keyPromises(withStore: WithStore): void {
  const held = { unlessKeyHeld: true };

  it("is held by an open task, in every open state, until that ends", () =>
    withStore(async (store) => {
      for (const state of TASK_STATES) {
        const concurrencyKey = `key of ${state}`;
        const holder = await bring(store, state, { concurrencyKey });
        const result = await store.append(submission({ concurrencyKey }, held));
        assert.deepEqual(
          result.outcome === "appended" ? { outcome: "appended" } : result,
          isFinal(state) ? { outcome: "appended" } : { outcome: "key-held", by: holder.id },
        );
      }
    }));

  it("may be queued for, and names the first that holds it", () =>
    withStore(async (store) => {
      const first = await appended(store, submission({ concurrencyKey: "k" }));
      const second = await appended(store, submission({ concurrencyKey: "k" }));
      const start = following(second, START, held);
      assert.deepEqual(await store.append(start), { outcome: "key-held", by: first.id });
      await appended(store, following(first, CANCEL));
      await appended(store, start);
    }));

  it("tells who holds it and who comes after, in the order of submission", () =>
    withStore(async (store) => {
      const line = () => store.tasksWithKey(ACCOUNT, "k");
      assert.deepEqual(await line(), []);
      const [a, b, c] = [1, 2, 3].map(() => submission({ concurrencyKey: "k" }));
      assert.ok(a && b && c);
      await Promise.all([a, b, c].map((append) => store.append(append)));
      await appended(store, submission({ concurrencyKey: "k", account: OTHER }));
      await appended(store, submission({ concurrencyKey: "other" }));
      assert.deepEqual(await line(), [a.taskId, b.taskId, c.taskId]);
      await appended(store, following(c.task, START));
      assert.deepEqual(await line(), [a.taskId, b.taskId, c.taskId], "a start changes nothing");
      await appended(store, following(a.task, CANCEL));
      assert.deepEqual(await line(), [b.taskId, c.taskId]);
      const refused = await store.append(submission({ concurrencyKey: "k" }, held));
      assert.deepEqual(refused, { outcome: "key-held", by: b.taskId }, "the same answer");
    }));

  it("is not held against its own task, another account, another key or none", () =>
    withStore(async (store) => {
      const task = await appended(store, submission({ concurrencyKey: "k" }, held));
      await appended(store, following(task, START, held));
      await appended(store, submission({ concurrencyKey: "k", account: OTHER }, held));
      await appended(store, submission({ concurrencyKey: "K" }, held));
      await appended(store, submission({ concurrencyKey: "" }, held));
      await appended(store, submission({}, held));
      await appended(store, submission({}, held));
    }));

  it("goes to one of 50 submissions at once", () =>
    withStore(async (store) => {
      const appends = Array.from({ length: 50 }, () => submission({ concurrencyKey: "k" }, held));
      const results = await Promise.all(appends.map((append) => store.append(append)));
      const winner = results.findIndex(({ outcome }) => outcome === "appended");
      for (const [i, result] of results.entries()) {
        if (i === winner) continue;
        assert.deepEqual(result, { outcome: "key-held", by: appends[winner]?.taskId });
      }
    }));
}

function resourcePromises(withStore: WithStore): void {
  it("makes, changes and removes a resource with an append", () =>
    withStore(async (store) => {
      const read = () => store.readResource(ACCOUNT, "ack.cluster", "c-1");
      const write = (one: ResourceChange) => store.append(submission({}, { resources: [one] }));
      const conflict = { outcome: "resource-conflict", kind: "ack.cluster", id: "c-1" };
      assert.equal(await read(), undefined);
      assert.deepEqual(await write(change("c-1", { n: 1 }, 1)), conflict);
      await write(change("c-1", { n: 1 }, 0, { parent: "vpc-1" }));
      const made = { kind: "ack.cluster", id: "c-1", parent: "vpc-1", data: { n: 1 }, version: 1 };
      assert.deepEqual(await read(), made);
      assert.deepEqual(await write(change("c-1", { n: 2 }, 0)), conflict);
      await write(change("c-1", { n: 2 }, 1));
      const changed = { kind: "ack.cluster", id: "c-1", data: { n: 2 }, version: 2 };
      assert.deepEqual(await read(), changed);
      assert.deepEqual(await write(change("c-1", null, 1)), conflict);
      await write(change("c-1", null, 2));
      assert.equal(await read(), undefined);
      await write(change("c-1", null, 0));
      await write(change("c-1", { n: 3 }, 0));
      assert.equal((await read())?.version, 1);
    }));

  it("changes several with one append, or none", () =>
    withStore(async (store) => {
      const resources = [
        change("c-1", {}, 0),
        change("n-1", {}, 0, { kind: "ack.node", parent: "c-1" }),
        change("n-2", {}, 0, { kind: "ack.node", parent: "c-1" }),
      ];
      await appended(store, submission({}, { resources }));
      const nodes = await store.listResources(ACCOUNT, { kind: "ack.node", parent: "c-1" });
      assert.deepEqual(
        nodes.map(({ id, version }) => [id, version]),
        [
          ["n-1", 1],
          ["n-2", 1],
        ],
      );
    }));

  it("lets one of many changes of the same version through", () =>
    withStore(async (store) => {
      const appends = Array.from({ length: 20 }, (_, n) =>
        submission({}, { resources: [change("c-1", { n }, 0)] }),
      );
      const results = await Promise.all(appends.map((append) => store.append(append)));
      const winner = results.findIndex(({ outcome }) => outcome === "appended");
      assert.equal(results.filter(({ outcome }) => outcome === "appended").length, 1);
      const resource = await store.readResource(ACCOUNT, "ack.cluster", "c-1");
      assert.deepEqual(resource?.data, { n: winner });
    }));

  it("lists by id, by parent, page by page", () =>
    withStore(async (store) => {
      const order = ["", "A", "a", "a\u0001", "a1", "b", "é", "中"];
      await store.seedResources(
        ACCOUNT,
        order.map((id, i) => ({
          kind: "k",
          id,
          data: { i },
          ...(i % 2 && { parent: i === 7 ? "" : "p" }),
        })),
      );
      const list = async (query: object) =>
        (await store.listResources(ACCOUNT, { kind: "k", ...query })).map(({ id }) => id);
      assert.deepEqual(await list({}), order);
      assert.deepEqual(await list({ limit: 2 }), ["", "A"]);
      for (const [i, after] of order.entries()) {
        assert.deepEqual(await list({ after }), order.slice(i + 1));
        assert.deepEqual(await list({ after, limit: 2 }), order.slice(i + 1, i + 3));
      }
      assert.deepEqual(await list({ parent: "p" }), ["A", "a\u0001", "b"]);
      assert.deepEqual(await list({ parent: "p", after: "A", limit: 1 }), ["a\u0001"]);
      assert.deepEqual(await list({ parent: "" }), ["中"]);
      assert.deepEqual(await list({ parent: "q" }), []);
      assert.deepEqual(await store.listResources(ACCOUNT, { kind: "K" }), []);
    }));

  it("seeds what does not exist, and leaves alone what does", () =>
    withStore(async (store) => {
      await appended(store, submission({}, { resources: [change("c-1", { n: 1 }, 0)] }));
      await appended(store, submission({}, { resources: [change("c-1", { n: 2 }, 1)] }));
      const seeds = ["c-1", "c-2"].map((id) => ({ kind: "ack.cluster", id, data: { n: 0 } }));
      await store.seedResources(ACCOUNT, seeds);
      await store.seedResources(ACCOUNT, []);
      await store.seedResources(ACCOUNT, seeds);
      assert.deepEqual(await store.listResources(ACCOUNT, { kind: "ack.cluster" }), [
        { kind: "ack.cluster", id: "c-1", data: { n: 2 }, version: 2 },
        { kind: "ack.cluster", id: "c-2", data: { n: 0 }, version: 1 },
      ]);
    }));
}

function accountPromises(withStore: WithStore): void {
  it("never sees what belongs to another", () =>
    withStore(async (store) => {
      const token = { scope: "s", token: "t", fingerprint: "f" };
      const append = submission(
        { concurrencyKey: "k" },
        { token, resources: [change("c-1", {}, 0)] },
      );
      await appended(store, append);
      assert.equal(await store.read(OTHER, append.taskId), undefined);
      assert.deepEqual((await store.list({ account: OTHER, limit: 10 })).tasks, []);
      for (const query of [
        { states: TASK_STATES },
        { targetId: "c-1" },
        { product: "ack" },
        { type: "cluster_scaleout" },
      ]) {
        assert.deepEqual((await store.list({ account: OTHER, limit: 10, ...query })).tasks, []);
      }
      assert.deepEqual(await allEvents(store, { account: OTHER }), []);
      assert.deepEqual(await allEvents(store, { account: OTHER, taskId: append.taskId }), []);
      assert.equal(await store.findToken(OTHER, "s", "t"), undefined);
      assert.equal(await store.readResource(OTHER, "ack.cluster", "c-1"), undefined);
      assert.deepEqual(await store.listResources(OTHER, { kind: "ack.cluster" }), []);
    }));

  it("never touches what belongs to another", () =>
    withStore(async (store) => {
      const mine = await appended(store, submission());
      const theirs = { ...mine, account: OTHER };
      assert.deepEqual(await store.append(following(theirs, START)), {
        outcome: "version-conflict",
      });
      const again = submission({ id: mine.id, account: OTHER });
      assert.deepEqual(await store.append(again), { outcome: "version-conflict" });
      assert.deepEqual(await store.read(ACCOUNT, mine.id), mine);
      assert.equal(await store.read(OTHER, mine.id), undefined);
    }));
}

function contentPromises(withStore: WithStore): void {
  const odd = ["", " ", "\u0000", "\ud83d\ude00", "é", "e\u0301", "中文", "'; --", '"', "\\", "\n"];
  const contents: readonly [string, JsonObject][] = [
    ["unicode, quotes and control characters", { odd, [odd.join("")]: odd.join("") }],
    ["a lone surrogate", { lone: "\ud800" }],
    ["1 MB", { text: "x".repeat(1_000_000) }],
    ["1 MB beyond Latin-1", { text: "中".repeat(350_000) }],
    [
      "keys that mean something to JavaScript",
      JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": 2}, "toJSON": 3}'),
    ],
    ["numbers at their limits", { a: Number.MAX_SAFE_INTEGER, b: -1e-300, c: 1e300, d: -0.5 }],
    ["empty things", { a: {}, b: [], c: "", d: null, e: [[], {}] }],
  ];
  for (const [what, input] of contents) {
    it(`keeps ${what}`, () =>
      withStore(async (store) => {
        const append = submission({ input }, { resources: [change("c-1", input, 0)] });
        const expected = JSON.stringify(append.task);
        await appended(store, append);
        assert.equal(JSON.stringify(await store.read(ACCOUNT, append.taskId)), expected);
        const [listed] = (await store.list({ account: ACCOUNT, limit: 1 })).tasks;
        assert.equal(JSON.stringify(listed), expected);
        const [record] = await store.readEvents({ after: 0, limit: 1 });
        assert.equal(JSON.stringify(record?.events), JSON.stringify(append.events));
        const resource = await store.readResource(ACCOUNT, "ack.cluster", "c-1");
        assert.equal(JSON.stringify(resource?.data), JSON.stringify(input));
        assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
      }));
  }

  it("keeps odd texts apart wherever they are looked up by", () =>
    withStore(async (store) => {
      const texts = ["", " ", "\ud83d\ude00", "é", "e\u0301", "É", "'", '"', "%", "_", "__proto__"];
      for (const text of texts) {
        const append = submission(
          { id: `t${text}`, type: text, target: { type: "", id: text }, concurrencyKey: text },
          {
            token: { scope: text, token: text, fingerprint: text },
            unlessKeyHeld: true,
            resources: [change(text, {}, 0, { kind: text, parent: text })],
          },
        );
        await appended(store, append);
      }
      for (const text of texts) {
        const expected = [`t${text}`];
        assert.deepEqual((await store.read(ACCOUNT, `t${text}`))?.id, `t${text}`);
        assert.deepEqual(await store.findToken(ACCOUNT, text, text), {
          taskId: `t${text}`,
          fingerprint: text,
        });
        for (const query of [{ type: text }, { targetId: text }]) {
          const found = await listAll(store, { account: ACCOUNT, limit: 10, ...query });
          assert.deepEqual(ids(found), expected);
        }
        const key = await store.append(
          submission({ concurrencyKey: text }, { unlessKeyHeld: true }),
        );
        assert.deepEqual(key, { outcome: "key-held", by: `t${text}` });
        const resources = await store.listResources(ACCOUNT, { kind: text, parent: text });
        assert.deepEqual(resources, [{ kind: text, id: text, parent: text, data: {}, version: 1 }]);
      }
    }));
}

function closePromises(open: () => Promise<OpenedStore>): void {
  it("waits for appends under way, then refuses everything in words", async () => {
    const { store } = await open();
    const under = [store.append(submission()), store.append(submission())];
    const closing = store.close();
    assert.deepEqual(
      (await Promise.all(under)).map(({ outcome }) => outcome),
      ["appended", "appended"],
    );
    await closing;
    const calls: readonly (() => Promise<unknown>)[] = [
      () => store.append(submission()),
      () => store.read(ACCOUNT, "t-1"),
      () => store.list({ account: ACCOUNT, limit: 1 }),
      () => store.listOpen(undefined, 1),
      () => store.readEvents({ after: 0, limit: 1 }),
      () => store.findToken(ACCOUNT, "s", "t"),
      () => store.readResource(ACCOUNT, "k", "i"),
      () => store.listResources(ACCOUNT, { kind: "k" }),
      () => store.seedResources(ACCOUNT, [{ kind: "k", id: "i", data: {} }]),
    ];
    for (const call of calls) await assert.rejects(call, isUnavailable);
  });

  it("may be closed again", async () => {
    const { store } = await open();
    await Promise.all([store.close(), store.close()]);
    await store.close();
  });

  it("says where it is", async () => {
    const { store } = await open();
    assert.notEqual(store.location, "");
    await store.close();
  });

  it("has everything after it is opened again, and gives out no position twice", async (t) => {
    const { store, reopen } = await open();
    if (!reopen) {
      await store.close();
      t.skip("nothing outlives a close");
      return;
    }
    const token = { scope: "s", token: "t", fingerprint: "f" };
    const { logEpochs } = store;
    const task = await appended(
      store,
      submission({ concurrencyKey: "k" }, { token, resources: [change("c-1", { n: 1 }, 0)] }),
    );
    const log = await allEvents(store, {});
    await store.close();
    const again = await reopen();
    assert.deepEqual(await again.read(ACCOUNT, task.id), task);
    assert.deepEqual(await allEvents(again, {}), log);
    assert.deepEqual(again.logEpochs, logEpochs, "a restart is no restore");
    assert.equal((await again.append(submission({}, { token }))).outcome, "token-taken");
    assert.equal((await again.readResource(ACCOUNT, "ack.cluster", "c-1"))?.version, 1);
    const result = await again.append(following(task, START));
    assert.ok(result.outcome === "appended" && result.position > (log.at(-1)?.position ?? 0));
    await appended(again, submission());
    assert.equal((await again.list({ account: ACCOUNT, limit: 10 })).tasks.length, 2);
    await again.close();
  });
}
