// npm run docs:cli: walks through the command line in a real terminal (tmux), as a new user would, and writes docs/cli.md.
// test/e2e/cli-transcript.test.ts does the same walk and compares.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { AFTER, BEFORE, STEPS, type WalkStep } from "./cli-walk.ts";
import { root } from "./steps.ts";
import { Terminal } from "./tmux.ts";

const FILE = "docs/cli.md";
const CONFIG = "examples/command-line/taskscribe.config.ts";

/** The complete page, with the real output of the terminal. */
export async function cliPage(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "ts-walk-"));
  const terminal = new Terminal(folder, {
    PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
    HOME: join(folder, "home"),
  });
  const server = await startServer(folder);
  try {
    const parts = [BEFORE];
    for (const step of STEPS) parts.push(await walked(terminal, step));
    return `${[...parts, AFTER].join("\n\n")}\n`;
  } finally {
    terminal.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function walked(terminal: Terminal, step: WalkStep): Promise<string> {
  if (typeof step === "string") return step;
  const blocks: string[] = [];
  for (const typed of step) {
    const { line, showAt, press } = typeof typed === "string" ? { line: typed } : typed;
    let seen: string | undefined;
    const result = await terminal.run(line, (screen) => {
      if (seen !== undefined || showAt === undefined || !showAt.test(screen)) return;
      seen = screen;
      for (const key of press ?? []) terminal.press(key);
    });
    if (showAt !== undefined && seen === undefined) {
      throw new Error(`${line}: ${showAt} was never seen, but\n${result}`);
    }
    if (showAt !== undefined && press === undefined) {
      blocks.push(`\`\`\`\n$ ${seen}\n\`\`\``, "and in the end");
    }
    blocks.push(`\`\`\`\n$ ${result}\n\`\`\``);
  }
  return blocks.join("\n\n").replaceAll("\n```\n\n```\n", "\n");
}

/** Starts the server in the folder of the walk, so that commands find it. */
async function startServer(folder: string) {
  symlinkSync(join(root, "examples"), join(folder, "examples"));
  for (const name of ["bin", "home"]) mkdirSync(join(folder, name));
  const command = join(folder, "bin/taskscribe");
  const main = join(root, "src/cli/main.ts");
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  chmodSync(command, 0o755);
  const args = ["serve", "--port", "0", "--config", CONFIG, "--log-level", "error"];
  const child = spawn(command, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes("Stop with Ctrl-C")) break;
  }
  child.stdout.resume();
  return {
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** Replaces what differs between walks: ids, times, durations, bars, and the blanks that align them. */
export function normalised(page: string): string {
  return page
    .replace(/ts-[0-9a-z]{20}/g, "<id>")
    .replace(/[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}/g, "<request>")
    .replace(/(?<![\w-])[0-9a-f]{16}(?!\w)/g, "<key>")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<moment>")
    .replace(/[█░]{10,20} +\d+ %/g, "<bar>")
    .replace(/(?<![\w-])(?:\d+(?:\.\d+)?[smhd])+(?!\w)/g, "<span>")
    .replace(/^(<moment> +)[0-9a-z]{8}-\d+/gm, "$1<cursor>")
    .replace(/[ \t]+/g, " ");
}

if (import.meta.main) writeFileSync(join(root, FILE), await cliPage());
