import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

// "No promise without a running check": docs/reliability.md names a test for each, and each test exists.

const text = readFileSync("docs/reliability.md", "utf8");
const rows = text.split("\n").filter((line) => line.startsWith("| "));

function idsOf(letter: string): string[] {
  return rows.flatMap((row) => new RegExp(`^\\| (${letter}-?\\d+) \\|`).exec(row)?.[1] ?? []);
}

function linksIn(line: string): string[] {
  return [...line.matchAll(/\]\(([^)#]+)\)/g)].map(([, target = ""]) => target);
}

describe("docs/reliability.md", () => {
  test("has a row for every promise and every fault", () => {
    assert.deepEqual(
      idsOf("R"),
      Array.from({ length: 14 }, (_, i) => `R-${i + 1}`),
    );
    assert.deepEqual(
      idsOf("A"),
      Array.from({ length: 30 }, (_, i) => `A${i + 1}`),
    );
  });

  test("names for each a test that runs with npm test, or says why it does not apply", () => {
    for (const row of rows.filter((line) => /^\| [RA]-?\d+ \|/.test(line))) {
      const tests = linksIn(row).filter((target) => target.endsWith(".test.ts"));
      assert.ok(tests.length > 0, row);
      for (const target of tests) {
        const file = join("docs", target);
        assert.ok(existsSync(file), `${file} does not exist`);
        assert.match(readFileSync(file, "utf8"), /\b(test|it|describe|describe[A-Z]\w*)\(/, file);
      }
    }
  });

  test("leads nowhere that does not exist", () => {
    for (const target of linksIn(text)) assert.ok(existsSync(join("docs", target)), target);
  });

  test("names commands that exist", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
    for (const [, name] of text.matchAll(/`[^`]*npm run ([a-z]+)/g)) {
      assert.ok(name && name in scripts, name);
    }
  });
});
