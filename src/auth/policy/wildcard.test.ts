import assert from "node:assert/strict";
import { test } from "node:test";
import { processorTimeOf } from "../../../test/support/processor-time.ts";
import { fc } from "../../../test/support/properties.ts";
import { fitsForm, isCostly, matchesWildcard } from "./wildcard.ts";

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
  const used = processorTimeOf(() => {
    assert.ok(!matchesWildcard(`${"*a".repeat(500)}*b`, "a".repeat(10_000)));
  });
  // Backtracking into every star would take longer than the universe has existed.
  assert.ok(used < 2000);
});

test("row 5: a pattern that wants more than the text has costs nothing", () => {
  const used = processorTimeOf(() => {
    for (let i = 0; i < 100; i++) {
      assert.ok(!matchesWildcard(`*${"a".repeat(8_000)}b`, "a".repeat(7_000)));
    }
  });
  assert.ok(used < 1_000);
});

test("row 5: the worst pattern that a policy may have costs no more than the square of the longest text", () => {
  const used = processorTimeOf(() => {
    for (const pattern of [
      `*${"a".repeat(512)}b${"a".repeat(5_000)}`,
      `*${"a".repeat(512)}b`,
      `${"*a".repeat(500)}*b${"*".repeat(5_000)}`,
      `${"*?".repeat(512)}b`,
    ])
      for (let i = 0; i < 10; i++) assert.ok(!matchesWildcard(pattern, "a".repeat(1_024)));
  });
  assert.ok(used < 2_000);
});

test("patterns that may take the product of both lengths are told", () => {
  for (const costly of ["*?", "a*b?c", "??*?"]) assert.ok(isCostly(costly), costly);
  for (const cheap of ["", "a?b", "??*", "*a*b", "acs:*"]) assert.ok(!isCostly(cheap), cheap);
});

test("stars may stand for nothing, and question marks may not", () => {
  assert.ok(matchesWildcard("a?**", "ab"));
  assert.ok(matchesWildcard("**", ""));
  assert.ok(!matchesWildcard("?", ""));
});

test("a pattern fits a form if it fits one of its names", () => {
  const short = (characters: string) =>
    fc.string({ unit: fc.constantFrom(...characters), maxLength: 5 });
  const texts = [""];
  for (const text of texts) if (text.length < 6) texts.push(`${text}a`, `${text}b`, `${text}:`);
  fc.assert(
    fc.property(short("ab:*?"), short("ab:*"), (pattern, form) => {
      const source = form.replaceAll("*", "[^:]*");
      const names = texts.filter((text) => new RegExp(`^${source}$`).test(text));
      const fits = names.some((name) => matchesWildcard(pattern, name));
      // A shortest name takes at most one character for each that is no star, and the texts reach that far.
      const plain = [...pattern, ...form].filter((character) => character !== "*").length;
      if (plain <= 6) assert.equal(fitsForm(pattern, form), fits, `${pattern} and ${form}`);
      else if (fits) assert.ok(fitsForm(pattern, form), `${pattern} and ${form}`);
    }),
    { numRuns: 3_000 },
  );
});

test("an id has no colon, so a pattern for another kind of thing does not fit", () => {
  const form = "acs:cs:r:1:cluster/*";
  assert.ok(fitsForm("acs:cs:*:*:cluster/c1", form));
  assert.ok(!fitsForm("acs:cs:*:*:node/*", form));
  assert.ok(fitsForm("acs:cs:*:cluster/?*", form));
  assert.ok(fitsForm("*", form));
});
