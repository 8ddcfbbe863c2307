import assert from "node:assert/strict";
import { test } from "node:test";
import { tagList } from "./tags.ts";

const RULES = { most: 20, key: "key", value: "value" };
const tags = (count: number, key = "k", value = "v") => ({
  tags: Array.from({ length: count }, () => ({ key, value })),
});

test("tags of a product have a number and a length (row 19)", () => {
  const whole = "x".repeat(128);
  assert.equal(tagList(tags(20, whole, whole), "tags", RULES).length, 20);
  assert.deepEqual(tagList({}, "tags", RULES), []);
  for (const [given, message] of [
    [tags(21), "parameter tags is 21; give at most 20 tags"],
    [
      tags(1, `${whole}x`),
      'parameter tags[0].key is "129 characters"; give at most 128 characters',
    ],
    [
      tags(1, "k", `${whole}x`),
      'parameter tags[0].value is "129 characters"; give at most 128 characters',
    ],
  ] as const) {
    assert.throws(() => tagList(given, "tags", RULES), { code: "InvalidParameter", message });
  }
});
