import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, startEngine } from "../../test/support/engine-bench.ts";
import { settle } from "../../test/support/fake-clock.ts";
import { defineTask } from "../core/define-task.ts";
import type { TaskType } from "../core/task-type.ts";
import { type EndedSpan, TaskSpans } from "./task-spans.ts";
import { traceContext } from "./trace-context.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const TRACEPARENT = `00-${TRACE}-${SPAN}-01`;

describe("traceparent", () => {
  it("is version, trace, span and flags", () => {
    assert.deepEqual(traceContext(TRACEPARENT), { traceId: TRACE, spanId: SPAN, sampled: true });
    assert.equal(traceContext(`00-${TRACE}-${SPAN}-00`)?.sampled, false);
    assert.equal(traceContext(`cc-${TRACE}-${SPAN}-01-what-comes-later`)?.traceId, TRACE);
  });

  it("that is none counts for nothing", () => {
    const zeros = (digits: number) => "0".repeat(digits);
    for (const wrong of [
      "",
      "00",
      TRACEPARENT.toUpperCase(),
      `ff-${TRACE}-${SPAN}-01`,
      `00-${zeros(32)}-${SPAN}-01`,
      `00-${TRACE}-${zeros(16)}-01`,
      `${TRACEPARENT}-more`,
      `cc-${TRACE}-${SPAN}-01-${"x".repeat(200)}`,
    ]) {
      assert.equal(traceContext(wrong), undefined, wrong);
    }
  });
});

const child = defineTask({ type: "child", steps: { work: { run: async () => {} } } });
const parent = defineTask({
  type: "parent",
  steps: {
    first: {
      run: async (_input, { subtask }) =>
        void (await subtask({ key: "k", type: "child", input: {} })),
    },
    second: {
      after: ["first"],
      retry: { maxAttempts: 2 },
      run: async (_input, { attempt }) => {
        if (attempt === 1) throw new Error("not yet");
      },
    },
  },
});

async function spansOf(types: readonly TaskType[], traceparent?: string) {
  const { engine, clock } = await startEngine(types);
  const spans: EndedSpan[] = [];
  const made = new TaskSpans(
    (account, id) => engine.peek(account, id),
    (span) => spans.push(span),
  );
  engine.onCommit((task, events) => made.committed(task, events));
  const who = { ...caller, ...(traceparent !== undefined && { traceparent }) };
  const { id } = await engine.submit({ type: "parent", input: {} }, who);
  for (let i = 0; i < 20; i++) {
    await settle();
    await clock.advance(1_000);
  }
  assert.equal((await engine.get(caller.account, id)).state, "succeeded");
  const named = (name: string) => spans.filter((span) => span.name === name);
  return { spans, named };
}

describe("spans of a task", () => {
  it("join the caller's trace: task under caller, attempts under task, subtask under parent", async () => {
    const { spans, named } = await spansOf([parent, child], TRACEPARENT);
    const [task] = named("parent");
    assert.equal(task?.parentSpanId, SPAN);
    for (const span of spans) assert.equal(span.traceId, TRACE, span.name);
    const attempts = named("parent second");
    assert.deepEqual(
      attempts.map(({ parentSpanId, error }) => [parentSpanId, error]),
      [
        [task?.spanId, "Error: not yet"],
        [task?.spanId, undefined],
      ],
    );
    assert.notEqual(attempts[0]?.spanId, attempts[1]?.spanId);
    assert.equal(named("child")[0]?.parentSpanId, task?.spanId);
    assert.equal(named("child work")[0]?.parentSpanId, named("child")[0]?.spanId);
    assert.equal(spans.length, 6);
  });

  it("are a trace of their own when nobody brought one, subtasks included", async () => {
    const { spans, named } = await spansOf([parent, child]);
    assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1);
    assert.match(spans[0]?.traceId ?? "", /^[0-9a-f]{32}$/);
    assert.equal(named("parent")[0]?.parentSpanId, undefined);
  });

  it("are not made of a trace that its caller does not record", async () => {
    assert.deepEqual((await spansOf([parent, child], `00-${TRACE}-${SPAN}-00`)).spans, []);
  });
});
