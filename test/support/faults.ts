import type { FaultPoint } from "../../src/fault-points.ts";

/**
 * What happens at which point. `kill`, `stop` (SIGSTOP), `throw`, `throw:13` (with SQLite's error code), `delay:500`
 * (ms, holds the thread up), `tell` (a line on standard error). `@3`: only the third time the point is reached, `@3+`:
 * from then on; without: each time. `%0.01`: with that chance. Threads count for themselves.
 */
export type Faults = Readonly<Partial<Record<FaultPoint, string>>>;

const ARM = new URL("./arm-faults.ts", import.meta.url).href;

/** What a child process needs in its environment to fail there, in its writer's threads too. */
export function faultEnvironment(faults: Faults): NodeJS.ProcessEnv {
  const specs = Object.entries(faults).map(([point, action]) => `${point}=${action}`);
  return specs.length === 0
    ? {}
    : { NODE_OPTIONS: `--import=${ARM}`, TASKSCRIBE_FAULTS: specs.join(";") };
}

/** Threads that this process starts from now on run `code` first; that of fault points sets the hook itself. */
export function armWith(code: string): void {
  process.env["NODE_OPTIONS"] = `--import=data:text/javascript,${encodeURIComponent(code)}`;
}

export function disarm(): void {
  delete process.env["NODE_OPTIONS"];
}
