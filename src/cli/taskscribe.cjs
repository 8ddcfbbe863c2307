#!/usr/bin/env -S node --max-semi-space-size=32
// The command of the published package; main.ts is the same for the sources. Every Node from 12 on can read this file, so it
// is plain JavaScript and never compiled.
const problem = require("../node-version.cjs").tooOld();

if (problem === undefined) {
  require("node:module").enableCompileCache(); // before the program is loaded: the second start skips most of the parsing
  require("../bundle/program.cjs").run(process.argv);
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
