import { spawn } from "node:child_process";
import { once } from "node:events";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import type { Mutant } from "./mutants.ts";

/** Nothing is waited for longer than this: a mutant may wait for something that never comes. */
const TIMEOUT_MS = 120_000;
/** What a run may use of the processor beyond three times what the tests use without a change, in seconds. */
const SPARE_CPU_S = 2;

/**
 * The tests of one group. Those beside a file are asked first, in a process of their own, because nearly always one of them
 * notices; the others only about what is left. A mutant that never ends is stopped by the time that it used of the
 * processor, which does not depend on what else the machine does.
 */
export class MutationTests {
  readonly #all: readonly string[];
  /** How many seconds of the processor a run of these tests may use. */
  readonly #limits = new Map<string, Promise<number>>();
  readonly #stages = new Map<string, readonly (readonly string[])[]>();

  constructor(tests: readonly string[]) {
    this.#all = tests;
  }

  /** Runs all tests without any change, once in each company that they have for one of the files. @throws Error if they fail. */
  async measure(files: readonly string[]): Promise<void> {
    for (const file of files) {
      const start = file.replace(/\.ts$/, ".");
      const own = this.#all.filter((test) => test.startsWith(start));
      const others = this.#all.filter((test) => !test.startsWith(start));
      const stages = [own, others].filter((tests) => tests.length > 0);
      this.#stages.set(file, stages);
      for (const tests of stages) await this.#limitOf(tests);
    }
  }

  /** Whether a test fails with this change. */
  async notice({ file, source }: Pick<Mutant, "file" | "source">): Promise<boolean> {
    for (const tests of this.#stages.get(file) ?? []) {
      const { passed } = await run(file, source, tests, await this.#limitOf(tests));
      if (!passed) return true;
    }
    return false;
  }

  /** Most files of a group are judged by the same tests, which are measured once. */
  #limitOf(tests: readonly string[]): Promise<number> {
    const key = tests.join("\n");
    const found = this.#limits.get(key) ?? limitOf(tests);
    this.#limits.set(key, found);
    return found;
  }
}

async function limitOf(tests: readonly string[]): Promise<number> {
  const { passed, told } = await run("none", "", tests, TIMEOUT_MS / 1_000);
  if (!passed) {
    throw new Error(
      `${tests.map((test) => basename(test)).join(", ")}: they fail without any change`,
    );
  }
  const usedMicroseconds = Number(told.split("\n").at(-1));
  return Math.ceil((3 * usedMicroseconds) / 1e6) + SPARE_CPU_S;
}

async function run(file: string, source: string, tests: readonly string[], cpuSeconds: number) {
  const script = join(import.meta.dirname, "mutant.ts");
  const limited = `ulimit -t ${cpuSeconds} && exec "$0" "$@"`;
  const args = ["-c", limited, process.execPath, "--no-warnings", script, file, ...tests];
  const child = spawn("sh", args, {
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
    stdio: ["pipe", "pipe", "ignore"],
    env: { ...process.env, TASKSCRIBE_TEST_SHRINK: "no" },
  });
  child.stdin.on("error", () => {}); // it ended without reading: its exit code says so
  child.stdin.end(source);
  const [told, [status]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return { passed: status === 0, told };
}
