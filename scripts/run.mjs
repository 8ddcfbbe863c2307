// Runs a TypeScript file of this checkout with the Node of the project, independent of the Node of the machine.
// This file itself runs on Node 20. It first installs what is missing.
//   node scripts/run.mjs FILE|FLAG [ARG ...]
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lockFile = join(root, "package-lock.json");
const installed = join(root, "node_modules", ".package-lock.json");
const stampFile = join(root, "node_modules", ".taskscribe-install");
const node = join(root, "node_modules", ".bin", "node");

function lockHash() {
  return createHash("sha256").update(readFileSync(lockFile)).digest("hex");
}

/** Whether the packages are those of the lock file. */
function hasPackages() {
  if (!existsSync(installed)) return false;
  if (existsSync(stampFile)) return readFileSync(stampFile, "utf8") === lockHash();
  return statSync(installed).mtimeMs >= statSync(lockFile).mtimeMs; // installed by hand with npm ci
}

/** Runs npm with its output on standard error. Ends this process if npm fails. */
function npm(...words) {
  const ran = spawnSync("npm", [...words, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (ran.status === 0) return;
  process.stderr.write(
    `taskscribe: npm ${words[0]} failed; see above. Fix it, then run the command again.\n`,
  );
  process.exit(ran.status ?? 1);
}

/**
 * Runs the install scripts of the packages that package.json allows, and no others: .npmrc turns them all off. `node` needs
 * its script, because it brings the binary for this machine.
 */
function runAllowedScripts() {
  const { allowScripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const allowed = Object.keys(allowScripts).filter((name) => allowScripts[name] === true);
  npm("rebuild", ...allowed, "--ignore-scripts=false");
}

if (!hasPackages()) {
  // npm ci empties the directory, which may belong to another checkout.
  if (lstatSync(dirname(installed), { throwIfNoEntry: false })?.isSymbolicLink()) {
    process.stderr.write(
      "taskscribe: node_modules is a link and does not fit the lock file; remove the link and run the command again.\n",
    );
    process.exit(1);
  }
  process.stderr.write("taskscribe: installing dependencies (npm ci), once …\n");
  npm("ci", "--ignore-scripts");
  writeFileSync(stampFile, lockHash());
}
if (!existsSync(node)) runAllowedScripts();

/** The flags of Node in the first line of a file, `#!/usr/bin/env -S node FLAG …`. */
function flagsOf(file) {
  const [first = ""] = existsSync(file) ? readFileSync(file, "utf8").split("\n", 1) : [];
  const flags = /^#!\S+ -S node (.+)$/.exec(first)?.[1];
  return flags === undefined ? [] : flags.split(" ");
}

const words = process.argv.slice(2);
const file = words.find((argument) => !argument.startsWith("-"));
const child = spawn(node, [...(file ? flagsOf(file) : []), ...words], {
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => {
  process.exitCode = signal ? 128 + constants.signals[signal] : (code ?? 1);
});
