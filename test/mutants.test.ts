import assert from "node:assert/strict";
import { test } from "node:test";
import { mutantsOf } from "../scripts/mutants.ts";

const SOURCE = `import { a } from "./a.ts";
// x === y
export type Kind = "one" | "two";
export function f(x: number, kind: Kind): boolean {
  if (x < 1 && kind !== "one") return a.some((n: number) => n > 2);
  return true; /* x || y */
}
`;

test("mutants change what runs, and neither types nor imports nor comments", () => {
  const found = mutantsOf("f.ts", SOURCE).map(
    ({ line, before, after }) => `${line} ${before} ${after}`,
  );
  assert.deepEqual(found, [
    '5 (x < 1 && kind !== "one") (true)',
    '5 (x < 1 && kind !== "one") (false)',
    "5 < <=",
    "5 < >=",
    "5 1 2",
    "5 && ||",
    "5 !== ===",
    '5 "one" ""',
    "5 some every",
    "5 > >=",
    "5 > <=",
    "5 2 3",
    "6 true false",
  ]);
});

test("a mutant is the whole file with one change, and each is another one", () => {
  const mutants = mutantsOf("f.ts", SOURCE);
  assert.equal(new Set(mutants.map(({ source }) => source)).size, mutants.length);
  const flipped = mutants.find(({ before }) => before === "true");
  assert.match(flipped?.source ?? "", /return false; /);
  assert.match(flipped?.source ?? "", /import \{ a \} from "\.\/a\.ts";/);
});
