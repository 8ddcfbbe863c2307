import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../../../test/support/properties.ts";
import type { TaskDraft } from "../../core/task.ts";
import { flawOfEvent } from "./event-schema.ts";

const DRAFT = {
  id: "task-1",
  account: "a",
  product: "native",
  type: "copy",
  input: { from: "x" },
  target: { type: "disk", id: "d-1" },
  attributes: {},
  steps: [{ name: "one", after: [], weight: 1, maxAttempts: 3 }],
  priority: 5,
} satisfies TaskDraft;

/** What is wrong with the first event of a log, whose draft has these changes. */
function flawOf(changes: object): string | undefined {
  return flawOfEvent({ type: "TaskSubmitted", at: 1, task: { ...DRAFT, ...changes } } as never);
}

describe("a draft from outside (row 23)", () => {
  it("passes with everything that a draft may have", () => {
    assert.equal(flawOf({}), undefined);
    const labels = { env: "prod", 中文: "是" };
    const parent = { taskId: "task-0", step: "one" };
    const forkOf = { taskId: "task-0", by: "me", reason: "again", fromStep: "one" };
    const all = { labels, parent, forkOf, notBefore: 1, concurrencyKey: "k" };
    assert.equal(flawOf(all), undefined);
  });

  it("is refused with labels that are null, a list, or no texts", () => {
    for (const labels of [null, [], "x", { a: 1 }, { a: null }]) {
      assert.match(String(flawOf({ labels })), /^task\/labels/, JSON.stringify(labels));
    }
  });

  for (const [field, value] of [
    ["id", ""],
    ["account", null],
    ["type", 7],
    ["input", null],
    ["input", []],
    ["target", null],
    ["target", { type: "disk" }],
    ["target", { type: "disk", id: "d-1", name: 7 }],
    ["attributes", null],
    ["steps", {}],
    ["steps", []],
    ["steps", [null]],
    ["steps", [{ name: "one", after: null, weight: 1, maxAttempts: 1 }]],
    ["priority", 10],
    ["priority", null],
    ["concurrencyKey", null],
    ["parent", null],
    ["notBefore", "2026-01-02T03:04:05Z"],
    ["startBy", Number.POSITIVE_INFINITY],
    ["supersedes", false],
  ] as const) {
    it(`is refused with ${field} ${JSON.stringify(value)}`, () =>
      assert.match(String(flawOf({ [field]: value })), new RegExp(`^task/${field}`)));
  }

  it("whatever is put into one field, is refused in words or is a draft (property)", () => {
    const field = fc.constantFrom(...Object.keys(DRAFT), "labels", "parent", "forkOf", "notBefore");
    fc.assert(
      fc.property(field, fc.jsonValue(), (name, value) => {
        const flaw = flawOf({ [name]: value });
        return flaw === undefined || flaw.startsWith("task");
      }),
    );
  });
});
