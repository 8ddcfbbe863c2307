import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/properties.ts";
import { decodeComponent, normalizeComponent, normalizeSegment } from "./percent.ts";

const rfc3986 = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

test("whatever form the wire has, text gets the one canonical form", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const canonical = rfc3986(text);
      assert.equal(normalizeComponent(canonical), canonical);
      assert.equal(normalizeComponent(encodeURIComponent(text)), canonical); // Node: ! ' ( ) * raw
      assert.equal(normalizeComponent(encodeURIComponent(text).replaceAll("%20", "+")), canonical); // Go
      assert.equal(normalizeComponent(canonical.toLowerCase()).length, canonical.length);
      assert.equal(decodeComponent(canonical), text);
    }),
  );
});

test("escapes that are none, and bytes that are no UTF-8, stay different", () => {
  assert.equal(normalizeComponent("%zz%4%"), "%25zz%254%25");
  assert.equal(normalizeComponent("%ff%c3"), "%FF%C3");
  assert.equal(decodeComponent("%FF%C3"), "%FF%C3");
  assert.equal(normalizeComponent("%7E%41"), "~A");
});

test("a plus is a blank in a query and a plus in a path", () => {
  assert.equal(normalizeComponent("a+b"), "a%20b");
  assert.equal(normalizeSegment("a+b%2F"), "a%2Bb%2F");
});

test("characters outside ASCII are encoded, pairs together, half pairs as replacement", () => {
  assert.equal(normalizeComponent("中a😀"), "%E4%B8%ADa%F0%9F%98%80");
  assert.equal(normalizeComponent("\ud83d"), "%EF%BF%BD");
});
