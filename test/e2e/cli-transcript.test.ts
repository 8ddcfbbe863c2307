import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { cliPage, normalised } from "../../scripts/cli-transcript.ts";
import { hasTmux } from "../../scripts/tmux.ts";

const skip = !hasTmux() && process.env["CI"] !== "true" && "there is no tmux here";

test("docs/cli.md is what a new user sees; if not: npm run docs:cli", { skip }, async () => {
  const page = readFileSync("docs/cli.md", "utf8");
  const differing = "\n--- a walk shows ---\n";
  const walked = await cliPage();
  assert.equal(
    normalised(walked),
    normalised(page),
    `the walk differs from the page${differing}${walked}`,
  );
});

test("two walks differ only in values that change each time", () => {
  const one = "ts-0mwtdudkcyyb10uqi7up  ██████████░░░░░░░░░░  50 %  running · 12s\n  1m5s ago";
  const two = "ts-0mwtdudkcyyb10uqi7uq  ████████████████████ 100 %  running · 0.3s\n 2s ago";
  assert.equal(normalised(one), normalised(two));
  assert.notEqual(normalised(one), normalised(one.replace("running", "failed")));
});
