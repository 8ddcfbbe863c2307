// Runs test files in this process with one source file replaced by a mutant. Exits with 1 at the first test that fails. If
// all pass, the last line tells how many microseconds of the processor they took.
//   node scripts/mutant.ts FILE TEST ... with the file's new source on standard input
import { readFileSync, writeSync } from "node:fs";
import { registerHooks } from "node:module";
import { resolve } from "node:path";
import { run } from "node:test";
import { pathToFileURL } from "node:url";

const [file = "", ...files] = process.argv.slice(2);
const url = pathToFileURL(resolve(file)).href;
const source = readFileSync(0, "utf8");

registerHooks({
  load: (asked, context, next) =>
    asked === url ? { format: "module", source, shortCircuit: true } : next(asked, context),
});

process.on("uncaughtException", () => process.exit(1));
run({ files: files.map((name) => resolve(name)), isolation: "none" })
  .on("test:fail", () => process.exit(1))
  .on("test:summary", ({ success }) => {
    const { user, system } = process.cpuUsage();
    writeSync(1, `\n${user + system}`);
    process.exit(success ? 0 : 1);
  })
  .resume();
