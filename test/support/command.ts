import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { MAIN } from "./program.ts";

const run = promisify(execFile);

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `taskscribe` with these arguments to its end. */
export async function command(...args: readonly string[]): Promise<Ran> {
  try {
    const { stdout, stderr } = await run(process.execPath, [MAIN, ...args]);
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

/** The same, for commands that print JSON; throws what they complain of. */
export async function jsonFrom<T>(...args: readonly string[]): Promise<T> {
  const { code, out, err } = await command(...args, "-o", "json");
  if (code !== 0) throw new Error(`taskscribe ${args.join(" ")} ended with ${code}: ${err}`);
  return JSON.parse(out) as T;
}
