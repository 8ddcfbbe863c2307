import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";

export const root = dirname(import.meta.dirname);

/** Runs a program with its output shown. Exits with its code if it fails. */
export function step(program: string, args: readonly string[]): void {
  const { status, signal, error } = spawnSync(program, args, { cwd: root, stdio: "inherit" });
  if (status === 0) return;
  process.stderr.write(
    `${program} ${args.join(" ")}: ${error?.message ?? signal ?? `exit code ${status}`}\n`,
  );
  process.exit(status ?? 1);
}

/** A tool that npm installed. */
export function tool(name: string): string {
  return join(root, "node_modules", ".bin", name);
}
