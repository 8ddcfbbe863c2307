// The program that the tests start as a process: bundled once, at the beginning of a run, as the package has it. It starts in a
// third of the time that its modules take one by one, and tests start it some hundreds of times.
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundle } from "./bundle.ts";
import { nodeFlagsOf } from "./node-flags.ts";
import { root } from "./steps.ts";

const MAIN = "main.cjs";

/** Makes the program in this folder, in place of an older one, and gives the file that starts it. */
export async function buildTestProgram(folder: string): Promise<string> {
  const made = `${folder}.${process.pid}`; // another run may still use the older one
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made, { recursive: true });
  await bundle(join(made, "dist"));
  cpSync(join(root, "package.json"), join(made, "package.json"));
  writeFileSync(join(made, MAIN), mainOf(folder));
  rmSync(folder, { recursive: true, force: true });
  renameSync(made, folder);
  return join(folder, MAIN);
}

/** Starts the published command. Configurations of this checkout import src/index.ts, and must get the classes of the bundle. */
function mainOf(folder: string): string {
  const flags = nodeFlagsOf(join(root, "src/cli/main.ts")).join(" ");
  const source = pathToFileURL(join(root, "src/index.ts")).href;
  const built = pathToFileURL(join(folder, "dist/index.js")).href;
  return `#!/usr/bin/env -S node ${flags}
require("node:module").registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    return found.url === ${JSON.stringify(source)} ? { url: ${JSON.stringify(built)}, format: "module", shortCircuit: true } : found;
  },
});
require("./dist/cli/taskscribe.cjs");
`;
}
