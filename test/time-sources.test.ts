import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";

/**
 * Who asks for the wall time besides `src/clock.ts`, and why: it shows or compares moments, and measures nothing. The client and the
 * command line run in processes of their own.
 */
const WALL_TIME = [
  "src/clock.ts",
  "src/http/exchange.ts", // whether a client's certificate is valid
  "src/http/tls/ca.ts", // from when to when certificates are valid
  "src/metrics/process-metrics.ts", // when the process began
  "src/server/observe/log.ts", // when a line was written
];

test("only src/clock.ts and who shows moments ask for the wall time (row 23 of issue 15)", () => {
  const files = globSync("src/**/*.ts", { exclude: ["**/*.test.ts"] });
  const found = files.filter((file) => {
    if (/^src\/(cli|client)\//.test(file)) return false;
    return /\bDate\.now\b|new Date\(\)/.test(readFileSync(file, "utf8"));
  });
  assert.deepEqual(found.toSorted(), WALL_TIME);
});

test("nobody makes a span of the wall time", () => {
  const files = globSync("src/**/*.ts", { exclude: ["**/*.test.ts"] });
  const found = files.filter((file) =>
    /schedule\(\s*[\w.#]*clock\.now\(\)\s*\+/.test(readFileSync(file, "utf8")),
  );
  assert.deepEqual(found, []);
});
