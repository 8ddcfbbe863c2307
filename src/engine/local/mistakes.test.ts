import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, startEngine } from "../../../test/support/engine-bench.ts";
import { settle } from "../../../test/support/fake-clock.ts";
import { defineTask } from "../../core/define-task.ts";
import { DomainError } from "../../core/errors.ts";
import { fold } from "../../core/evolve.ts";
import type { ResourceWriter } from "../../core/resource.ts";
import type { StepContext, StepHandler } from "../../core/step-context.ts";
import type { Task } from "../../core/task.ts";

/** A handler that the compiler would not let pass: task types need not be compiled. */
type Loose = (input: Record<string, unknown>, context: LooseContext) => unknown;
type LooseContext = { readonly [Name in keyof StepContext]: (...given: unknown[]) => unknown };

async function run(handler: Loose): Promise<{ task: Task; events: Task }> {
  const only = { run: handler as unknown as StepHandler, retry: { maxAttempts: 1 } };
  const { engine, store, clock } = await startEngine([
    defineTask({ type: "odd", steps: { only } }),
  ]);
  const { id } = await engine.submit({ type: "odd", input: { given: { a: 1 } } }, caller);
  await clock.advance(10_000);
  await settle();
  const log = await store.readEvents({ taskId: id, after: 0, limit: 100 });
  const written = JSON.parse(JSON.stringify(log.flatMap(({ events }) => events)));
  return { task: await engine.get(caller.account, id), events: fold(written) };
}

const circle: Record<string, unknown> = {};
circle["self"] = circle;

/** What a handler does wrong, and what the error of its task says. */
const MISTAKES: readonly [string, Loose, RegExp][] = [
  ["throws at once", () => assert.fail("at once"), /^at once$/],
  ["throws a text", () => Promise.reject("text"), /^text$/],
  ["throws nothing", () => Promise.reject(undefined), /^undefined$/],
  ["throws what has no text", () => Promise.reject(Object.create(null)), /^\{\}$/],
  ["throws what throws", () => Promise.reject({ toString: () => assert.fail() }), /^\{\}$/],
  ["returns a text", () => "hello", /what step "only" returned is "hello"; give an object/],
  ["returns a list", () => [1], /returned is a list; give an object/],
  ["returns a circle", () => circle, /returned cannot be written as JSON/],
  ["returns a BigInt", () => ({ a: 1n }), /returned cannot be written as JSON/],
  ["puts out a circle", (_, { output }) => output("x", circle), /output "x" cannot be written/],
  ["puts out nothing", (_, { output }) => output("x"), /output "x" is undefined/],
  ["gives no name", (_, { output }) => output("", 1), /name of an output is an empty text/],
  ["gives a BigInt as a fact", (_, { attribute }) => attribute("x", 1n), /attribute "x" cannot/],
  ["counts in words", (_, { progress }) => progress("half"), /progress is "half"; give a number/],
  ["says nothing", (_, { message }) => message(), /message is undefined; give a text/],
  ["gives an item no state", (_, { item }) => item("i-1"), /status of item i-1 is undefined/],
  [
    "gives an item no id",
    (_, { item }) => item(undefined, "success"),
    /id of an item is undefined/,
  ],
  [
    "gives half a notice",
    (_, { notice }) => notice({ action: "a" }),
    /reason of a notice is undef/,
  ],
  [
    "gives a notice a level of its own",
    (_, { notice }) => notice({ action: "a", reason: "r", message: "m", level: "Bad" }),
    /level of a notice is "Bad"; give one of Normal, Warning/,
  ],
  ["sleeps for no number", (_, { sleep }) => sleep(Number.NaN), /sleep is NaN/],
  [
    "starts what nobody knows",
    (_, { subtask }) => subtask({ key: "k", type: "nope", input: {} }),
    /no task type "nope" is registered/,
  ],
  [
    "gives a subtask no key",
    (_, { subtask }) => subtask({ type: "odd" }),
    /key of a subtask is und/,
  ],
  [
    "returns NaN (row 29)",
    () => ({ a: [{ ratio: Number.NaN }] }),
    /returned\.a\.0\.ratio is NaN; give a finite number/,
  ],
  [
    "puts out what is infinite (row 29)",
    (_, { output }) => output("x", { y: { toJSON: () => [1 / 0] } }),
    /output "x"\.y\.0 is Infinity/,
  ],
  ["puts out an infinite number", (_, { output }) => output("x", -1 / 0), /"x" is -Infinity/],
  [
    "returns half of a surrogate pair (row 27)",
    () => ({ a: ["\ud800"] }),
    /returned\.a\.0 is a text with half of a surrogate pair, "\\ud800"/,
  ],
  ["names an item so", (_, { item }) => item("i\udc00", "success"), /id of an item is a text with/],
  ["names an attribute so", (_, { attribute }) => attribute("a\0", 1), /a text with U\+0000/],
  [
    "targets a subtask at such a text",
    (_, { subtask }) =>
      subtask({ key: "k", type: "odd", input: {}, target: { type: "t", id: "\ud800" } }),
    /target\.id of a subtask is a text with half/,
  ],
  [
    "names a resource so",
    (_, context) => (context.resources as unknown as ResourceWriter).put("kind", "r\ud800", {}),
    /id of a resource is a text with half/,
  ],
  [
    "names an item at length (row 19)",
    (_, { item }) => item("i".repeat(2_000), "success"),
    /2000 b/,
  ],
  ["asks nothing", (_, { approval }) => approval({}), /question is undefined/],
];

describe("mistakes of a handler", () => {
  for (const [what, handler, told] of MISTAKES) {
    it(`fails a step that ${what}, in words`, async () => {
      const { task, events } = await run(handler);
      assert.equal(task.state, "failed");
      assert.match(task.error?.message ?? "", told);
      assert.deepEqual(events, task);
    });
  }

  it("takes null for nothing, and NaN for no progress", async () => {
    const { task, events } = await run(async (_, { progress, sleep }) => {
      progress(Number.NaN);
      progress(-1);
      progress(5_000);
      await sleep(1_000);
      return null;
    });
    assert.equal(task.state, "succeeded");
    assert.equal(task.steps[0]?.progress, 5_000);
    assert.deepEqual(events, task);
  });

  it("keeps what the store will give back, not what the handler has", async () => {
    const mine = { at: new Date(0), list: [1] };
    const { task, events } = await run(async (_, { output, sleep }) => {
      output("mine", mine);
      mine.list.push(2);
      await sleep(1_000);
      return { gone: undefined };
    });
    assert.deepEqual(task.outputs, { mine: { at: "1970-01-01T00:00:00.000Z", list: [1] } });
    assert.deepEqual(events, task);
  });

  it("keeps messages for people well-formed (row 27)", async () => {
    const { task, events } = await run((_, { message, notice, item }) => {
      message("half \ud800");
      notice({ action: "a", reason: "zero \0", message: "m" });
      item("i-1", "failed", "\udc00");
      throw Object.assign(new Error("e\ud800", { cause: new Error("c\ud800") }), {
        code: "\ud800",
      });
    });
    assert.equal(task.error?.message, "e\ufffd");
    assert.ok(JSON.stringify(task).isWellFormed());
    assert.doesNotMatch(JSON.stringify(task), /\\u(d8|dc|0000)/);
    assert.deepEqual(events, task);
  });

  it("lets a handler do what it likes with what it was given", async () => {
    const { task, events } = await run((input, context) => {
      Object.assign(input["given"] as object, { a: 2 });
      Object.assign(context.outputs, { b: 3 });
      Object.assign(context.attributes, { c: 4 });
      assert.deepEqual(context.outputs, { b: 3 });
    });
    assert.deepEqual([task.input, task.outputs, task.attributes], [{ given: { a: 1 } }, {}, {}]);
    assert.deepEqual(events, task);
  });

  it("fails a step whose changes of resources cannot be written", async () => {
    const refusal = new DomainError("ResourceBusy", "node n-1 is taken");
    const changes: readonly [RegExp, (resources: StepContext["resources"]) => void][] = [
      [/node n-1 is taken/, (it) => it.update("node", "n-1", () => assert.fail(refusal))],
      [
        /circular/i,
        (it) =>
          it.put(
            "node",
            "n-1",
            JSON.parse("{}", () => circle),
          ),
      ],
    ];
    for (const [told, change] of changes) {
      const { task } = await run((_, { resources }) => {
        const writer = resources as unknown as StepContext["resources"];
        writer.put("node", "n-1", {});
        change(writer);
      });
      assert.equal(task.state, "failed");
      assert.match(task.error?.message ?? "", told);
    }
  });

  it("takes thousands of items in one turn, the newest word of each", async () => {
    const { task } = await run((_, { item, notice }) => {
      for (let i = 0; i < 5_000; i++) {
        item(`i-${i}`, "initial");
        notice({ action: "a", reason: "r", message: `${i}` });
      }
      for (let i = 0; i < 5_000; i++) item(`i-${i}`, "success");
    });
    assert.equal(task.items.length, 5_000);
    assert.deepEqual(task.items[4_999], { id: "i-4999", status: "success" });
    assert.equal(task.notices.at(-1)?.message, "4999");
  });
});
