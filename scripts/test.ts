// npm test [-- FILE|FLAG ...]: all tests, or the files named, with flags of Node's test runner.
// npm run test:fast: the tests of src/ that share processes.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { TEST_CACHE, useCompileCache } from "./compile-cache.ts";
import { step } from "./steps.ts";
import { allTests, unitTests } from "./test-plan.ts";
import { buildTestProgram } from "./test-program.ts";
import { lineOf, printSummary } from "./test-report.ts";
import { runJobs } from "./test-runner.ts";

const FAST = "--fast";

useCompileCache();

const given = process.argv.slice(2);
if (given.length === 0) await runAll(allTests());
else if (given.length === 1 && given[0] === FAST) await runAll(unitTests());
else runGiven();

async function runAll(jobs: ReturnType<typeof allTests>): Promise<void> {
  const began = performance.now();
  process.env["TASKSCRIBE_TEST_PROGRAM"] = await buildTestProgram(join(TEST_CACHE, "program"));
  const atOnce = availableParallelism() + 2; // many tests wait more than they compute
  const results = await runJobs(jobs, atOnce, (result) => process.stdout.write(lineOf(result)));
  await printSummary(results, (performance.now() - began) / 1_000);
  if (results.length < jobs.length || results.some(({ passed }) => !passed)) process.exitCode = 1;
}

function runGiven(): void {
  const named = given.some((argument) => !argument.startsWith("-"));
  const files = named ? [] : ["{src,test,examples}/**/*.test.ts"];
  step(process.execPath, [
    "--test",
    "--test-timeout=600000",
    `--test-concurrency=${availableParallelism()}`,
    ...given,
    ...files,
  ]);
}
