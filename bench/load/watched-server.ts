// Starts our server, and watches from the first moment on how long anybody has to wait for it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { builtCli } from "./built.ts";
import { Caller } from "./caller.ts";
import { askChild, keep, startOnLoadCore } from "./children.ts";
import { onCore, SERVER_CORE } from "./cores.ts";
import { freePort } from "./ports.ts";
import type { PulseOrder, PulseReport } from "./pulse.ts";
import { scratch } from "./scratch.ts";

const CONFIG = join(import.meta.dirname, "size.config.mjs");
const LOOK_EVERY_MS = 20;

export interface WatchedServer {
  readonly caller: Caller;
  readonly url: string;
  /** From the start of the process, in ms. */
  readonly firstAnswerMs: number;
  /** MB that the process has in memory, now and at most. */
  memory(): { readonly now: number; readonly most: number };
  /** The longest time that anybody waited since the last call of this, in ms. */
  worstMs(): Promise<number>;
  /** Whether the process is still there. */
  isAlive(): boolean;
  stop(): Promise<void>;
}

/** `read` is asked until it is answered. @throws Error if the server ends before. */
export async function startWatched(
  directory: string,
  read: string,
  nodeFlags: readonly string[] = [],
): Promise<WatchedServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const serve = ["serve", "--port", `${port}`, "--data", directory, "--config", CONFIG];
  const args = [...nodeFlags, ...builtCli(), ...serve, "--log-level", "error"];
  const [program, all] = onCore(SERVER_CORE, process.execPath, args);
  const began = performance.now();
  const child = keep(
    spawn(program, all, { cwd: scratch(), stdio: ["ignore", "ignore", "inherit"] }),
  );
  const caller = new Caller(url);
  await firstAnswer(caller, read, child);
  const firstAnswerMs = performance.now() - began;
  const pulse = startOnLoadCore(join(import.meta.dirname, "pulse.ts"));
  const ask = (order: PulseOrder) => askChild<PulseReport>(pulse, order);
  await ask({ begin: url });
  return {
    caller,
    url,
    firstAnswerMs,
    memory: () => memoryOf(child),
    worstMs: async () => {
      const { worstMs } = await ask({ end: true });
      await ask({ begin: url });
      return worstMs;
    },
    isAlive: () => child.exitCode === null && child.signalCode === null,
    stop: async () => {
      caller.close();
      pulse.kill();
      const exited = once(child, "exit");
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const hard = setTimeout(() => child.kill("SIGKILL"), 20_000);
      await exited;
      clearTimeout(hard);
    },
  };
}

async function firstAnswer(caller: Caller, read: string, child: ChildProcess): Promise<void> {
  for (;;) {
    try {
      const { status } = await caller.send("GET", read);
      if (status === 200) return;
    } catch {
      // It does not listen yet.
    }
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error("the server ended before it answered");
    }
    await sleep(LOOK_EVERY_MS);
  }
}

function memoryOf({ pid }: ChildProcess) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mb = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1_024;
  return { now: mb("VmRSS"), most: mb("VmHWM") };
}
