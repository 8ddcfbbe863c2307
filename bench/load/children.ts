import { type ChildProcess, type Serializable, spawn } from "node:child_process";
import { once } from "node:events";
import { LOAD_CORE, onCore, SERVER_CORE } from "./cores.ts";

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Kills the child when this process ends. */
export function keep<T extends ChildProcess>(child: T): T {
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** Starts a file of this folder on the core of the load. Messages tell it what to do. */
export function startOnLoadCore(file: string): ChildProcess {
  return startOn(LOAD_CORE, file);
}

/** The same on the core of the server. */
export function startOnServerCore(file: string): ChildProcess {
  return startOn(SERVER_CORE, file);
}

function startOn(core: number, file: string): ChildProcess {
  const [program, args] = onCore(core, process.execPath, [file]);
  return keep(spawn(program, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] }));
}

/** Sends a message and waits for the answer. @throws Error if the process ends before it answers. */
export async function askChild<Answer>(
  child: ChildProcess,
  message: Serializable,
): Promise<Answer> {
  const answered = new AbortController();
  const ended = once(child, "exit", { signal: answered.signal }).then(
    ([code]) => Promise.reject(new Error(`a process of the load ended with ${code}; see above`)),
    () => undefined,
  );
  child.send(message);
  try {
    const [answer] = (await Promise.race([once(child, "message"), ended])) as [Answer];
    return answer;
  } finally {
    answered.abort();
  }
}

export interface Program {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a program. Its output is shown only if it fails. */
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
