import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../../../test/support/properties.ts";
import { DomainError } from "../errors.ts";
import type { TaskDraft } from "../task.ts";
import { checkDraft } from "./check-draft.ts";
import { bytesOf, FIELD_LIMITS } from "./field-limits.ts";

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

function refused(changes: object, ...words: readonly string[]): void {
  const draft = { ...DRAFT, ...changes } as unknown as TaskDraft;
  assert.throws(
    () => checkDraft(draft),
    (error) => {
      assert.ok(error instanceof DomainError && error.code === "InvalidParameter", String(error));
      for (const word of words) assert.ok(error.message.includes(word), error.message);
      assert.ok(error.message.isWellFormed());
      return true;
    },
  );
}

describe("a draft from outside (row 23)", () => {
  it("passes with everything that a draft may have", () => {
    checkDraft(DRAFT);
    const labels = { env: "prod", 中文: "是" };
    const parent = { taskId: "task-0", step: "one" };
    const forkOf = { taskId: "task-0", by: "me", reason: "again", fromStep: "one" };
    checkDraft({ ...DRAFT, labels, parent, forkOf, notBefore: 1, concurrencyKey: "k" });
  });

  it("is refused with labels that are null, a list, or no texts", () => {
    for (const labels of [null, [], "x", { a: 1 }, { a: null }]) refused({ labels }, "labels is");
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
    ["steps", [{ name: "one", after: ["two"], weight: 1, maxAttempts: 1 }]],
    ["priority", 10],
    ["priority", null],
    ["concurrencyKey", null],
    ["concurrencyKey", "k\ud800"],
    ["parent", null],
    ["notBefore", "2026-01-02T03:04:05Z"],
    ["startBy", Number.POSITIVE_INFINITY],
    ["supersedes", false],
  ] as const) {
    it(`is refused with ${field} ${JSON.stringify(value)}`, () => refused({ [field]: value }));
  }

  it("is refused with a text that is not sound, wherever it stands", () => {
    refused({ input: { a: ["x", "\ud800"] } }, "input.a.1", "half of a surrogate pair");
    refused({ attributes: { "a\0": 1 } }, "attributes.", "U+0000");
    refused({ target: { type: "disk", id: "\udc00" } }, "target.id");
  });

  it("whatever is put into one field, is refused in words or is a draft (property)", () => {
    const field = fc.constantFrom(...Object.keys(DRAFT), "labels", "parent", "forkOf", "notBefore");
    fc.assert(
      fc.property(field, fc.jsonValue(), (name, value) => {
        try {
          checkDraft({ ...DRAFT, [name]: value } as unknown as TaskDraft);
        } catch (error) {
          return error instanceof DomainError;
        }
        return true;
      }),
    );
  });
});

describe("the bounds of a draft (row 19)", () => {
  const long = (bytes: number) => `${"é".repeat(bytes / 2)}x`;
  const { nameBytes, labels, labelNameBytes, labelValueBytes, attributesBytes } = FIELD_LIMITS;

  it("are counted in bytes, and said with what was found", () => {
    refused(
      { concurrencyKey: long(nameBytes) },
      "concurrencyKey is 1025 bytes long",
      "at most 1024 bytes",
    );
    refused({ target: { type: "disk", id: long(nameBytes) } }, "target.id is 1025 bytes");
    refused({ labels: { a: long(labelValueBytes) } }, "labels.a is 1025 bytes");
    refused({ labels: { [long(labelNameBytes)]: "" } }, "the name of a label is 257 bytes");
    refused({ attributes: { a: "x".repeat(attributesBytes) } }, "attributes is 65544 bytes");
    checkDraft({ ...DRAFT, concurrencyKey: "é".repeat(nameBytes / 2) });
  });

  it("hold for the number of labels and attributes", () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`l${i}`, "x"]));
    checkDraft({ ...DRAFT, labels: many(labels) });
    refused({ labels: many(labels + 1) }, "labels is 65 labels; give at most 64");
    refused({ attributes: many(FIELD_LIMITS.attributes + 1) }, "257 attributes");
  });

  it("bytes are counted as Buffer counts them", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        (text) => bytesOf(text) === Buffer.byteLength(text),
      ),
    );
  });
});
