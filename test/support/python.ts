import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const REQUIREMENTS = join(import.meta.dirname, "python-requirements.txt");
const INSTALL_MS = 300_000;
const ANSWER_BYTES = 32 * 1024 * 1024;

/** A Python that has the official SDKs, or why there is none. */
export type Python =
  | { readonly path: string; readonly missing?: never }
  | { readonly path?: never; readonly missing: string };

/**
 * The one environment that all tests with Python share. It is made once and kept in the temporary folder under the hash
 * of its requirements. TASKSCRIBE_PYTHON names a Python that has them already.
 * @throws with the reason when there is none though TASKSCRIBE_PYTHON_REQUIRED is set: there it must not go unnoticed.
 */
export async function officialPython(): Promise<Python> {
  try {
    return { path: process.env["TASKSCRIBE_PYTHON"] ?? (await environment()) };
  } catch (error) {
    if (process.env["TASKSCRIBE_PYTHON_REQUIRED"]) throw error;
    const reason = error instanceof Error ? error.message.slice(0, 200) : String(error);
    return { missing: `no Python 3 with venv, pip and a way to the SDKs: ${reason}` };
  }
}

async function environment(): Promise<string> {
  const wanted = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex");
  const name = `taskscribe-python-${userInfo().username}-${wanted.slice(0, 12)}`;
  const folder = join(tmpdir(), name);
  const python = join(folder, "bin/python");
  const done = join(folder, "installed");
  await alone(folder, done, async () => {
    await run("python3", ["-m", "venv", "--clear", folder]);
    const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    await run(python, [...install, "--requirement", REQUIREMENTS], { timeout: INSTALL_MS });
    writeFileSync(done, "");
  });
  // Everybody may write into the temporary folder: what another user put there is not run.
  if (statSync(done).uid !== userInfo().uid) throw new Error(`${folder} belongs to another user`);
  return python;
}

/** Test files run side by side: the first one makes it, the others wait. */
async function alone(folder: string, done: string, make: () => Promise<void>): Promise<void> {
  const lock = `${folder}.lock`;
  const deadline = Date.now() + 2 * INSTALL_MS;
  while (!existsSync(done)) {
    if (claim(lock)) return make().finally(() => rmSync(lock, { recursive: true, force: true }));
    if (Date.now() > deadline) throw new Error(`${lock} is held too long; remove it`);
    if (isStale(lock)) rmSync(lock, { recursive: true, force: true });
    await sleep(250);
  }
}

function claim(lock: string): boolean {
  try {
    mkdirSync(lock, { mode: 0o700 });
    return true;
  } catch {
    return false;
  }
}

function isStale(lock: string): boolean {
  const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  return Date.now() - made > INSTALL_MS;
}

/** What the script prints, as JSON. It gets the settings on its standard input. */
export async function runPython<T>(python: string, script: string, settings: object): Promise<T> {
  const running = run(python, [script], { maxBuffer: ANSWER_BYTES });
  running.child.stdin?.end(JSON.stringify(settings));
  const { stdout } = await running;
  return JSON.parse(stdout) as T;
}
