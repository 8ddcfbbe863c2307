import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { newDataKey, SecretBox, UNNAMED } from "./secret-box.ts";

const box = new SecretBox([newDataKey(0)]);

describe("a sealed secret", () => {
  test("can be decrypted, and looks different each time", () => {
    const first = box.seal("hush", "LTAI1");
    assert.equal(box.open(first, "LTAI1"), "hush");
    assert.notEqual(box.seal("hush", "LTAI1"), first);
    const bytes = Buffer.from(first.slice(first.lastIndexOf(".") + 1), "base64");
    assert.doesNotMatch(bytes.toString("latin1"), /hush/);
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
    const sealed = box.seal("hush", "LTAI1");
    const prefix = sealed.slice(0, sealed.lastIndexOf(".") + 1);
    const bytes = Buffer.from(sealed.slice(prefix.length), "base64");
    assert.equal(box.open(prefix + bytes.toString("base64"), "LTAI1"), "hush");
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] ?? 0) ^ 1;
      const texts = [changed, bytes.subarray(0, i)].map((part) => part.toString("base64"));
      for (const text of texts) {
        assert.throws(() => box.open(prefix + text, "LTAI1"), refused);
        assert.throws(() => box.open(text, "LTAI1"), refused);
      }
    }
  });

  test("names its key, and cannot be decrypted under the name of another one", () => {
    const [old, next] = [newDataKey(0), newDataKey(1)];
    const both = new SecretBox([old, next]);
    const first = new SecretBox([old]).seal("hush", "LTAI1");
    const second = both.seal("hush", "LTAI1");
    assert.deepEqual([both.isNewest(first), both.isNewest(second)], [false, true]);
    assert.deepEqual([both.open(first, "LTAI1"), both.open(second, "LTAI1")], ["hush", "hush"]);
    assert.throws(() => both.open(first.replace(old.id, next.id), "LTAI1"), refused);
    assert.throws(() => both.open(first.replace(old.id, "0".repeat(16)), "LTAI1"), refused);
  });

  test("of an earlier version names no key", () => {
    const unnamed = { ...newDataKey(0), id: UNNAMED };
    const older = new SecretBox([unnamed]);
    const sealed = older.seal("hush", "LTAI1");
    assert.match(sealed, /^[\w+/]+=*$/);
    assert.equal(older.isNewest(sealed), true);
    const both = new SecretBox([unnamed, newDataKey(1)]);
    assert.deepEqual([both.open(sealed, "LTAI1"), both.isNewest(sealed)], ["hush", false]);
  });
});
