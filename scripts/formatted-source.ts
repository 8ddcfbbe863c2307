import { spawnSync } from "node:child_process";
import { root, tool } from "./steps.ts";

/** A generated source as the formatter writes it. @throws Error with the formatter's complaint. */
export function formattedSource(file: string, text: string): string {
  const { status, stdout, stderr } = spawnSync(
    tool("biome"),
    ["check", "--write", `--stdin-file-path=${file}`],
    { cwd: root, input: text, encoding: "utf8" },
  );
  if (status === 0) return stdout;
  throw new Error(`${file} could not be formatted: ${stderr}`);
}
