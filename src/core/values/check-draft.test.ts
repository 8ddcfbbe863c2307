import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../../../test/support/properties.ts";
import { DomainError } from "../errors.ts";
import { checkFields } from "./check-draft.ts";
import { bytesOf, FIELD_LIMITS } from "./field-limits.ts";

const DRAFT = {
  target: { type: "disk", id: "d-1" },
  attributes: {},
} satisfies Parameters<typeof checkFields>[0];

function refused(changes: object, ...words: readonly string[]): void {
  const draft = { ...DRAFT, ...changes };
  assert.throws(
    () => checkFields(draft),
    (error) => {
      assert.ok(error instanceof DomainError && error.code === "InvalidParameter", String(error));
      for (const word of words) assert.ok(error.message.includes(word), error.message);
      assert.ok(error.message.isWellFormed());
      return true;
    },
  );
}

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
    checkFields({ ...DRAFT, concurrencyKey: "é".repeat(nameBytes / 2) });
  });

  it("hold for the number of labels and attributes", () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`l${i}`, "x"]));
    checkFields({ ...DRAFT, labels: many(labels) });
    refused({ labels: many(labels + 1) }, "labels is 65 labels; give at most 64");
    refused({ attributes: many(FIELD_LIMITS.attributes + 1) }, "257 attributes");
  });

  it("are told apart from text that is not sound", () => {
    refused({ concurrencyKey: "k\ud800" }, "concurrencyKey", "half of a surrogate pair");
    refused({ target: { type: "disk", id: "\udc00" } }, "target.id");
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
