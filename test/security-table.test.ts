import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { root } from "../scripts/steps.ts";
import { ATTACKS } from "./attack/run.ts";

const ROWS = 36;
const page = readFileSync(join(root, "docs/security.md"), "utf8");
const table = [...page.matchAll(/^\| (\d+) \| .+ \| .+ \| (.+) \|$/gm)];

it("docs/security.md has every row once, and tests that exist", () => {
  const numbers = table.map(([, number]) => Number(number));
  assert.deepEqual(
    numbers,
    Array.from({ length: ROWS }, (_, i) => i + 1),
  );
  const files = table.flatMap(([, , tests = ""]) => tests.match(/[\w./-]+\.ts/g) ?? []);
  assert.deepEqual(
    files.filter((file) => !existsSync(join(root, file))),
    [],
  );
});

it("an attack names a row of the table", () => {
  for (const { row, name } of ATTACKS) assert.ok(row >= 1 && row <= ROWS, name);
});
