// Runs several test files in this process, each as a suite of its own: hooks at the top of a file are for that file only.
//   node --test scripts/test-group.ts FILE ... (from the root of the project)
import { resolve } from "node:path";
import { describe } from "node:test";
import { pathToFileURL } from "node:url";
import { root } from "./steps.ts";

for (const file of process.argv.slice(2)) {
  describe(file, async () => {
    await import(pathToFileURL(resolve(root, file)).href);
  });
}
