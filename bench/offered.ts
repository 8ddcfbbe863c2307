// Checks what the build offers. Cases that need more are reported as "not offered yet".
import { spawnSync } from "node:child_process";
import { builtFile } from "./load/built.ts";
import { ask } from "./load/servers.ts";
import type { Findings } from "./report/report.ts";

export function serveOffers(option: string): boolean {
  return taskscribe(["serve", "--help"]).includes(option);
}

export function commandOffered(name: string): boolean {
  return new RegExp(`^ +${name}\\b`, "m").test(taskscribe(["--help"]));
}

/** Runs a command of the build. @throws Error with its output if it fails. */
export function taskscribe(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [builtFile("cli/taskscribe.cjs"), ...args],
    {
      encoding: "utf8",
    },
  );
  if (status === 0) return stdout;
  throw new Error(`taskscribe ${args.join(" ")} failed: ${stderr || stdout}`);
}

/** Whether the server answers this request with a success. */
export async function answers(url: string, raw: string): Promise<boolean> {
  const { status } = await ask(url, raw);
  return status >= 200 && status < 300;
}

export function notOffered(what: string): Findings {
  return { tables: [], notes: [`Not offered yet: ${what}.`] };
}
