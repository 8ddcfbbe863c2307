import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { newDataKey, SecretBox } from "./secret-box.ts";

const box = new SecretBox([newDataKey(0)]);

describe("a sealed secret", () => {
  test("can be decrypted, and looks different each time", () => {
    const first = box.seal("hush", "LTAI1");
    assert.equal(box.open(first, "LTAI1"), "hush");
    assert.notEqual(box.seal("hush", "LTAI1"), first);
    assert.doesNotMatch(Buffer.from(first, "base64").toString("latin1"), /hush/);
  });

  const refused = { code: "StoreUnavailable", message: /cannot be decrypted/ };

  test("can be decrypted only with its own key", () => {
    const other = new SecretBox([newDataKey(0)]);
    assert.throws(() => other.open(box.seal("hush", "LTAI1"), "LTAI1"), refused);
  });

  test("cannot be decrypted for another owner", () => {
    assert.throws(() => box.open(box.seal("hush", "LTAI1"), "LTAI2"), refused);
  });

  test("cannot be decrypted after a bit has changed, or its end is cut off", () => {
    const bytes = Buffer.from(box.seal("hush", "LTAI1"), "base64");
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] ?? 0) ^ 1;
      assert.throws(() => box.open(changed.toString("base64"), "LTAI1"), refused);
      assert.throws(() => box.open(bytes.subarray(0, i).toString("base64"), "LTAI1"), refused);
    }
  });
});
