import { type ChildProcess, fork, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { keep } from "../load/children.ts";
import type { Work, WorkRequest } from "./driver.ts";
import type { DriverName } from "./driver-list.ts";

export interface RunningDriver {
  measure(request: WorkRequest): Promise<Work>;
  stop(): Promise<void>;
}

// Messages of the peers about their start, and warnings of pg, are not printed.
const stdio: StdioOptions = ["ignore", "ignore", "inherit", "ipc"];
const env = { ...process.env, NODE_NO_WARNINGS: "1", RESTATE_LOGGING: "ERROR" };

/** Starts a driver in its own process, without a fixed core. */
export async function startDriver(
  name: DriverName,
  options: object,
  execArgv: readonly string[] = [],
): Promise<RunningDriver> {
  const file = join(import.meta.dirname, "driver-process.ts");
  const child = keep(
    fork(file, [name, JSON.stringify(options)], { execArgv: [...execArgv], env, stdio }),
  );
  await answer(child, name);
  return {
    measure: async (request) => {
      child.send(request);
      return (await answer(child, name)) as Work;
    },
    stop: async () => {
      const exited = once(child, "exit");
      child.send("close");
      await exited;
    },
  };
}

function answer(child: ChildProcess, name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const died = (code: number | null) => reject(new Error(`${name} ended with ${code}`));
    child.once("exit", died);
    child.once("message", (message) => {
      child.off("exit", died);
      resolve(message);
    });
  });
}
