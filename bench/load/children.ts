import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { LOAD_CORE, onCore } from "./cores.ts";

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Sees to it that the child does not outlive this process. */
export function keep<T extends ChildProcess>(child: T): T {
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** A file of ours on the load's core, to be told what to do by messages. */
export function startOnLoadCore(file: string): ChildProcess {
  const [program, args] = onCore(LOAD_CORE, process.execPath, [file]);
  return keep(spawn(program, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] }));
}

export interface Program {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a program whose output nobody needs unless it fails. */
export function startProgram(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Program {
  const child = keep(
    spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "ignore", "ignore"],
    }),
  );
  const exited = once(child, "exit");
  if (child.pid === undefined) throw new Error(`${command} could not be started`);
  return {
    pid: child.pid,
    stop: async () => {
      child.kill("SIGTERM");
      const hard = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await exited;
      clearTimeout(hard);
    },
  };
}
