// What a run of all tests prints: a line for each job as it ends, and at the end what failed, as Node's own reporter has it.
import { once } from "node:events";
import { spec } from "node:test/reporters";
import type { Counts, JobResult, TestEvent } from "./test-runner.ts";

/** A line of a summary, such as `tests 12`: the totals of one process, which would be taken for those of the run. */
const TOTAL = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;

/** `✔ src/core (381 tests, 2.1 s)`, and below it what the tests printed, skipped and failed. */
export function lineOf({ job, passed, counts, seconds, events, unheard }: JobResult): string {
  const files = job.files.length === 1 ? "" : `${job.files.length} files, `;
  const head = `${passed ? "✔" : "✖"} ${job.name} (${files}${counts.tests} tests, ${seconds.toFixed(1)} s)\n`;
  const missing = unheard.map((file) => `  ✖ ${file}: the process ended before its tests did\n`);
  return head + events.map(noteOf).join("") + missing.join("");
}

function noteOf(event: TestEvent): string {
  switch (event.type) {
    case "test:stdout":
    case "test:stderr":
      return event.data.message;
    case "test:diagnostic":
      return TOTAL.test(event.data.message) ? "" : `  ℹ ${event.data.message}\n`;
    case "test:pass": {
      const { name, skip } = event.data;
      return skip === undefined ? "" : `  ﹣ ${name} # SKIP${skip === true ? "" : ` ${skip}`}\n`;
    }
    case "test:fail":
      return isCause(event) ? `  ✖ ${event.data.name}\n` : "";
    default:
      return "";
  }
}

/** A suite fails because a test in it does: only the test is worth a report. */
function isCause(event: TestEvent): boolean {
  if (event.type !== "test:fail") return false;
  const { error } = event.data.details;
  return !("failureType" in error) || error.failureType !== "subtestsFailed";
}

/** The closing lines of Node's test runner, for all jobs together, and every failure with its file. */
export async function printSummary(results: readonly JobResult[], seconds: number): Promise<void> {
  const reporter = new spec();
  reporter.pipe(process.stdout, { end: false });
  for (const event of results.flatMap(({ events }) => events)) {
    if (isCause(event)) reporter.write(event);
  }
  for (const message of totalsOf(results, seconds)) {
    const data = { message, nesting: 0, level: "info" } as const;
    reporter.write({ type: "test:diagnostic", data } satisfies TestEvent);
  }
  reporter.end();
  await once(reporter, "end");
}

function totalsOf(results: readonly JobResult[], seconds: number): readonly string[] {
  const total = (name: keyof Counts) => results.reduce((sum, { counts }) => sum + counts[name], 0);
  const [tests, pass] = [total("tests"), total("passed")];
  const [cancelled, skipped, todo] = [total("cancelled"), total("skipped"), total("todo")];
  const others = results.reduce((sum, result) => sum + otherFailures(result), 0);
  return [
    `tests ${tests}`,
    `suites ${total("suites")}`,
    `pass ${pass}`,
    `fail ${tests - pass - cancelled - skipped - todo + others}`,
    `cancelled ${cancelled}`,
    `skipped ${skipped}`,
    `todo ${todo}`,
    `duration_ms ${(seconds * 1_000).toFixed(0)}`,
  ];
}

/**
 * What failed without being a test, which Node's count leaves out: a suite that could not be made, as of a file that cannot be
 * loaded, and a file of which nothing was heard.
 */
function otherFailures({ events, unheard }: JobResult): number {
  const isSuite = (event: TestEvent) =>
    event.type === "test:fail" && event.data.details.type === "suite" && isCause(event);
  return events.filter(isSuite).length + unheard.length;
}
