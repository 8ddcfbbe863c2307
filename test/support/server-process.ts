import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { type Faults, faultEnvironment } from "./faults.ts";
import { tooLong } from "./loop-watch.ts";
import { COMMAND } from "./program.ts";

const PRELOAD = join(import.meta.dirname, "loop-watch-preload.ts");
const root = join(import.meta.dirname, "../..");

export interface ServerProcess {
  readonly url: string;
  /** host:port */
  readonly address: string;
  readonly child: ChildProcess;
  /** Everything it wrote to standard error so far. */
  readonly errors: () => string;
  /**
   * Ends it; SIGTERM is a graceful stop. Resolves with its exit code, null after a kill. Rejects if its event loop stood
   * still while it had clients.
   */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>;
}

/** None outlives the test that started it, even if that is interrupted or given up, when no hook of it runs. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
process.once("SIGTERM", () => process.exit(143));

export interface ProcessOptions {
  /** Where standard error goes. */
  readonly log?: "pipe" | number;
  /** Why its event loop may stand still. */
  readonly standsStill?: string;
}

/** Starts the real service through its command line, and waits for its banner. */
export async function startServerProcess(
  args: readonly string[],
  faults: Faults = {},
  { log = "pipe", standsStill }: ProcessOptions = {},
): Promise<ServerProcess> {
  const command = [...COMMAND, "serve", "--port", "0", "--log-level", "warn", ...args];
  const child = spawn(process.execPath, ["--import", PRELOAD, ...command], {
    cwd: root,
    env: { ...process.env, ...faultEnvironment(faults) },
    stdio: ["ignore", "pipe", log, "pipe"],
  });
  if (child.stdout === null) throw new Error("a pipe was asked for");
  running.add(child);
  child.once("exit", () => running.delete(child));
  const { stalls, closed } = stallsOf(child);
  const ended = Promise.all([once(child, "exit"), closed]);
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const url = await addressIn(child.stdout);
  if (url === undefined) throw new Error(`the server ended before it was ready: ${errors}`);
  // Whoever does not end it by `end` hears of it at the end of all tests.
  let isAsked = false;
  const isWrong = () => stalls.length > 0 && standsStill === undefined;
  void ended.then(() => {
    if (isAsked || !isWrong()) return;
    process.stderr.write(`${tooLong(stalls)}\n`);
    process.exitCode = 1;
  });
  return {
    url,
    address: url.replace("http://", ""),
    child,
    errors: () => errors,
    end: async (signal) => {
      isAsked = true;
      child.kill(signal);
      await ended;
      if (isWrong()) throw new Error(tooLong(stalls));
      return child.exitCode;
    },
  };
}

/** How long its event loop stood still, each time, in ms. */
function stallsOf(child: ChildProcess) {
  const report = child.stdio[3];
  if (!(report instanceof Readable)) throw new Error("a pipe was asked for");
  const stalls: number[] = [];
  createInterface({ input: report }).on("line", (line) => stalls.push(Number(line)));
  return { stalls, closed: once(report, "close") };
}

/** The address in the banner of a server; undefined if its output ends before it. */
export async function addressIn(output: Readable): Promise<string | undefined> {
  for await (const line of createInterface({ input: output })) {
    const found = /^\s+address\s+(\S+)$/.exec(line)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}
