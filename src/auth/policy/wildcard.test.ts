import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../../test/support/properties.ts";
import { matchesWildcard } from "./wildcard.ts";

test("agrees with the same pattern as a regular expression", () => {
  const short = (characters: string) =>
    fc.string({ unit: fc.constantFrom(...characters), maxLength: 10 });
  fc.assert(
    fc.property(short("ab*?."), short("ab."), (pattern, text) => {
      const source = pattern.replaceAll(".", "\\.").replaceAll("*", ".*").replaceAll("?", ".");
      assert.equal(matchesWildcard(pattern, text), new RegExp(`^${source}$`, "s").test(text));
    }),
    { numRuns: 3000 },
  );
});

test("a star and a question mark in the text are characters like others", () => {
  assert.ok(matchesWildcard("a*", "a*?"));
  assert.ok(!matchesWildcard("ab", "a*"));
  assert.ok(!matchesWildcard("ab", "a?"));
});

test("patterns made to be slow are not", () => {
  const startedAt = performance.now();
  assert.ok(!matchesWildcard(`${"*a".repeat(500)}*b`, "a".repeat(10_000)));
  // Backtracking into every star would take longer than the universe has existed.
  assert.ok(performance.now() - startedAt < 2000);
});
