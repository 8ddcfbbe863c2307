import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { type Faults, faultEnvironment } from "./faults.ts";
import { COMMAND } from "./program.ts";

const root = join(import.meta.dirname, "../..");

export interface ServerProcess {
  readonly url: string;
  /** host:port */
  readonly address: string;
  readonly child: ChildProcess;
  /** Everything it wrote to standard error so far. */
  readonly errors: () => string;
  /** Ends it; SIGTERM is a graceful stop. Resolves with its exit code, null after a kill. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>;
}

/** None outlives the test that started it, even if that is interrupted or given up, when no hook of it runs. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
process.once("SIGTERM", () => process.exit(143));

/** Starts the real service through its command line, and waits for its banner. `log`: where standard error goes. */
export async function startServerProcess(
  args: readonly string[],
  faults: Faults = {},
  log: "pipe" | number = "pipe",
): Promise<ServerProcess> {
  const command = [...COMMAND, "serve", "--port", "0", "--log-level", "warn", ...args];
  const child = spawn(process.execPath, command, {
    cwd: root,
    env: { ...process.env, ...faultEnvironment(faults) },
    stdio: ["ignore", "pipe", log],
  });
  if (child.stdout === null) throw new Error("a pipe was asked for");
  running.add(child);
  child.once("exit", () => running.delete(child));
  const exited = once(child, "exit");
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const url = await addressIn(child.stdout);
  if (url === undefined) throw new Error(`the server ended before it was ready: ${errors}`);
  return {
    url,
    address: url.replace("http://", ""),
    child,
    errors: () => errors,
    end: async (signal) => {
      child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
}

/** The address in the banner of a server; undefined if its output ends before it. */
export async function addressIn(output: Readable): Promise<string | undefined> {
  for await (const line of createInterface({ input: output })) {
    const found = /^\s+address\s+(\S+)$/.exec(line)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}
