import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { root } from "../scripts/steps.ts";
import { allTests, unitTests } from "../scripts/test-plan.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-test-run-"));
after(() => rmSync(folder, { recursive: true, force: true }));

describe("the plan of all tests", () => {
  it("has every test file of the project once", () => {
    const planned = allTests().flatMap(({ files }) => files);
    const present = globSync("{src,test,examples}/**/*.test.ts", { cwd: root });
    assert.deepEqual(planned.toSorted(), present.toSorted());
  });

  it("begins with a file that takes long, and gives one that kills or starts processes its own", () => {
    assert.equal(allTests()[0]?.files[0], "test/fuzz/http-fuzz.test.ts");
    for (const { name, files } of allTests()) {
      const apart = files.some((file) => /^test\/(chaos|e2e|fuzz|simulation)\//.test(file));
      assert.ok(files.length === 1 || !apart, name);
    }
  });

  it("has in the fast run nothing that the whole run has not", () => {
    const all = new Set(allTests().map(({ name }) => name));
    assert.deepEqual(
      unitTests().filter(({ name }) => !all.has(name)),
      [],
    );
  });
});

/** Runs files of these contents as one job, in a process of its own; gives its output and its exit code. */
function runFiles(contents: Readonly<Record<string, string>>) {
  const files = Object.entries(contents).map(([name, content]) => {
    const file = join(folder, `${name}.test.mjs`);
    writeFileSync(
      file,
      `import assert from "node:assert";
import { after, beforeEach, describe, test } from "node:test";
${content}`,
    );
    return file;
  });
  const script = join(folder, "run.mjs");
  writeFileSync(
    script,
    `import { lineOf, printSummary } from "${root}/scripts/test-report.ts";
import { runJobs } from "${root}/scripts/test-runner.ts";
const jobs = [{ name: "job", files: ${JSON.stringify(files)} }];
const results = await runJobs(jobs, 1, (result) => process.stdout.write(lineOf(result)));
await printSummary(results, 1);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
`,
  );
  const { NODE_TEST_CONTEXT: _, ...env } = process.env; // it would make this a part of the run that it is in
  const { stdout, status } = spawnSync(process.execPath, [script], { env, encoding: "utf8" });
  return { out: stdout, status };
}

describe("several files in one process", () => {
  it("pass, and are counted as each alone", () => {
    const { out, status } = runFiles({ one: "test('a', () => {});", two: "test('b', () => {});" });
    assert.match(out, /^✔ job \(2 files, 2 tests, /);
    assert.match(out, /ℹ tests 2\nℹ suites 2\nℹ pass 2\nℹ fail 0\n/);
    assert.equal(status, 0);
  });

  it("keep their hooks for themselves", () => {
    const { out, status } = runFiles({
      one: "beforeEach(() => assert.fail('the hook of another file')); after(() => {});",
      two: "test('b', () => {});",
    });
    assert.equal(status, 0, out);
  });

  it("fail with the file and the line", () => {
    const { out, status } = runFiles({
      one: "describe('suite', () => test('wrong', () => assert.equal(1, 2)));",
      two: "test('b', () => {});\ntest('left out', { skip: 'why' }, () => {});",
    });
    assert.match(out, /^✖ job \(2 files, 3 tests, .*\n {2}✖ wrong\n {2}﹣ left out # SKIP why\n/);
    assert.match(out, /ℹ pass 1\nℹ fail 1\nℹ cancelled 0\nℹ skipped 1\n/);
    assert.match(out, /failing tests:\n\ntest at .*one\.test\.mjs:3:25\n✖ wrong/);
    assert.equal(status, 1);
  });

  it("fail when one cannot be loaded", () => {
    const { out, status } = runFiles({
      one: "import './nowhere.mjs';",
      two: "test('b', () => {});",
    });
    assert.match(out, /ℹ pass 1\nℹ fail 1\n/);
    assert.match(out, /Cannot find module .*nowhere/);
    assert.equal(status, 1);
  });

  it("fail when the process ends before the last", () => {
    const { out, status } = runFiles({
      one: "test('ends', () => process.exit(0));",
      two: "test('b', () => {});",
    });
    assert.match(out, /✖ .*two\.test\.mjs: the process ended before its tests did\n/);
    assert.match(out, /ℹ fail 2\n/);
    assert.equal(status, 1);
  });
});
