import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { defineTask } from "../../src/core/define-task.ts";
import type { StepContext } from "../../src/core/step-context.ts";
import { FIELD_LIMITS } from "../../src/core/values/field-limits.ts";
import { DEFAULT_LIMITS } from "../../src/engine/bounds/limits.ts";
import { caller } from "../support/engine-bench.ts";
import { standingStill } from "../support/loop-watch.ts";
import { startNativeServer } from "../support/native-server.ts";

/* Row 19 of issue 14. */

const MIB = 2 ** 20;
/** The longest message of a stream that the client library takes, and the smallest limit of an answer. */
const LARGEST = 16 * MIB;
/** A character of which JSON makes six. */
const WORST = "\u0001";

const many = (count: number) => Array.from({ length: count }, (_, index) => index);
const { subtasksInFull, nameBytes, labels, labelValueBytes, attributesBytes, signalDataBytes } =
  FIELD_LIMITS;

/** A hundredth of the subtasks that a task may have: each takes commits of its own. */
const SUBTASKS = FIELD_LIMITS.subtasks / 100;

/** Reports as much as a task may have, of everything. The items come last, as each append writes all of them. */
async function everything(context: StepContext): Promise<void> {
  const { messageBytes } = DEFAULT_LIMITS;
  const text = WORST.repeat(messageBytes);
  await Promise.all(
    many(SUBTASKS).map((key) => context.subtask({ key: `${key}`, type: "small", input: {} })),
  );
  for (const index of many(18)) {
    const question = `${index}${WORST.repeat(FIELD_LIMITS.questionBytes - 4)}`;
    await context.approval({ question });
  }
  for (const _ of many(FIELD_LIMITS.notices)) {
    const message = WORST.repeat(4_000);
    context.notice({ action: message, reason: message, message, source: message });
  }
  context.message(text);
  context.output("o", "x".repeat(DEFAULT_LIMITS.outputsBytes - 8));
  for (const index of many(FIELD_LIMITS.items)) context.item(`${index}`.padEnd(58, "x"), "failed");
  throw Object.assign(new Error(text, { cause: text }), { code: text });
}

const NOISY = many(10);
const noisy = {
  run: async (_: unknown, context: StepContext) => {
    context.message(WORST.repeat(20_000));
    await context.sleep(1);
  },
};

const types = [
  defineTask({
    type: "much",
    retry: { maxAttempts: 1 },
    steps: {
      ...Object.fromEntries(NOISY.map((index) => [`s${index}`, { ...noisy, after: [] }])),
      last: {
        run: async (_, context) => everything(context),
        after: NOISY.map((index) => `s${index}`),
      },
    },
  }),
  defineTask({
    type: "small",
    steps: { only: async (_, { message }) => message(WORST.repeat(64_000)) },
  }),
];

const LARGE = {
  type: "much",
  input: { a: "x".repeat(DEFAULT_LIMITS.inputBytes - 8) },
  target: { type: "x".repeat(256), id: "x".repeat(256), name: WORST.repeat(nameBytes) },
  attributes: { a: "x".repeat(attributesBytes - 8) },
  labels: Object.fromEntries(
    many(labels).map((i) => [`${i}`.padEnd(256, "l"), WORST.repeat(labelValueBytes)]),
  ),
};

/** What the most subtasks take, if these are some of the first. */
function sizeOf(some: readonly { message: string }[], inFull: number): number {
  const short = some.map((one) => ({
    ...one,
    message: "x".repeat(FIELD_LIMITS.shortMessageBytes),
  }));
  const [long, brief] = [some, short].map((list) => JSON.stringify(list).length / list.length);
  return inFull * (long ?? 0) + (FIELD_LIMITS.subtasks - inFull) * (brief ?? 0);
}

type Server = Awaited<ReturnType<typeof startNativeServer>>;

/** Answers all questions of the task until it ends, with as much data as is taken. @returns the status of refusals */
async function answered({ clock, engine, send }: Server, id: string): Promise<number[]> {
  const path = `/v1/tasks/${id}/signal`;
  const data = { d: WORST.repeat(Math.floor((signalDataBytes - 8) / 6)) };
  const answer = { step: "last", decision: "approve", reason: "x".repeat(1_000), data };
  const refused = new Set<number>();
  for (let turn = 0; turn < 600; turn++) {
    await clock.advance(1);
    const task = await engine.get(caller.account, id);
    if (task.endedAt !== undefined) break;
    const { approvals = [] } = task.steps.at(-1) ?? {};
    if (!approvals.some(({ verdict }) => verdict === undefined)) continue;
    const number = approvals.at(-1)?.number; // the newest question is the open one
    const { status } = await send("POST", path, { ...answer, number });
    if (status === 200) continue;
    refused.add(status);
    await send("POST", path, { ...answer, number, data: {} });
  }
  return [...refused];
}

describe("a task with the most of everything (row 19)", async () => {
  const server = await startNativeServer(types);
  after(() => server.close());

  it("is described, listed, exported and waited for within what clients take", async () => {
    const { id } = await server.engine.submit(LARGE, caller);
    const path = `/v1/tasks/${id}`;
    // A store in memory encodes and commits megabytes on this thread.
    const refused = await standingStill("no disk", () => answered(server, id));
    assert.deepEqual(refused, [400]);
    const { body } = await server.send("GET", path);
    assert.equal(body.state, "failed", JSON.stringify(body.error).slice(0, 300));
    assert.equal(body.error.step, "last");
    assert.equal(body.items.length, FIELD_LIMITS.items);
    assert.equal(body.steps.at(-1).subtasks.length, SUBTASKS);
    const { subtasks } = body.steps.at(-1);
    const others = sizeOf(subtasks, subtasksInFull) - JSON.stringify(subtasks).length;
    for (const each of [path, `${path}/wait`, "/v1/tasks?limit=1&type=much"]) {
      const { status, body: shown } = await server.send("GET", each);
      assert.equal(status, 200, each);
      const bytes = JSON.stringify(shown).length + others;
      assert.ok(bytes > 8 * MIB && bytes < LARGEST, `${each}: ${bytes} bytes`);
    }
    const events = await server.send("GET", `${path}/events?limit=1000`);
    for (const entry of events.body.entries) {
      assert.ok(JSON.stringify(entry).length < LARGEST);
    }
  });
});

describe("what is too much in a request (row 19)", async () => {
  const server = await startNativeServer(types);
  after(() => server.close());

  const refusals: readonly (readonly [object, string, string, string])[] = [
    [{ labels: Object.fromEntries(many(65).map((i) => [`l${i}`, "x"])) }, "labels", "65 m", "64 m"],
    [{ labels: { "a.b": "x".repeat(1_025) } }, "labels.a.b", "1025 characters", "1024 characters"],
    [{ labels: { ["x".repeat(257)]: "" } }, "the name of a label", "257 bytes", "256 bytes"],
    [
      { attributes: Object.fromEntries(many(257).map((i) => [`l${i}`, 1])) },
      "attributes",
      "257",
      "256",
    ],
    [{ target: { type: "t", id: "i", name: "x".repeat(1_025) } }, "target.name", "1025", "1024"],
    [{ concurrencyKey: "x".repeat(257) }, "concurrencyKey", "257 characters", "256 characters"],
    [{ clientToken: "x".repeat(129) }, "clientToken", "129 characters", "128 characters"],
  ];
  for (const [more, field, found, limit] of refusals) {
    it(`is refused with ${field}, what was found and the limit`, async () => {
      const { status, body } = await server.send("POST", "/v1/tasks", { type: "small", ...more });
      assert.equal(status, 400);
      const { code, message, facts } = body.error;
      assert.deepEqual([code, facts.parameter], ["InvalidParameter", field]);
      for (const text of [message, facts.found]) assert.ok(text.includes(found), text);
      for (const text of [message, facts.expected])
        assert.ok(text.includes(`at most ${limit}`), text);
    });
  }

  it("is refused by its bytes alike", async () => {
    for (const [more, field, found, expected] of [
      [{ attributes: { a: "x".repeat(65_537) } }, "attributes", "65545 bytes", "65536 bytes"],
      [{ input: { a: "x".repeat(300_000) } }, "input", "300008 bytes", "262144 bytes"],
    ] as const) {
      await assert.rejects(server.engine.submit({ type: "small", input: {}, ...more }, caller), {
        code: "InvalidParameter",
        message: `${field} is ${found} long; give at most ${expected}`,
        facts: { parameter: field, found: `${found} long`, expected: `at most ${expected}` },
      });
    }
  });

  it("is refused for filters of webhooks and bulk operations alike", async () => {
    const filter = `type:${"x".repeat(4_000)}`;
    const bulk = { filter, action: "cancel", reason: "r" };
    for (const [path, body] of [
      ["/v1/bulk", bulk],
      ["/v1/webhooks", { url: "http://192.0.2.1/", filter }],
    ] as const) {
      const answer = await server.send("POST", path, body);
      assert.equal(answer.status, 400, path);
      assert.match(answer.body.error.message, /filter is 4005 characters long; give at most 4000/);
    }
  });
});
