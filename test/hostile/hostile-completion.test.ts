// Row 28: real shells, at a real terminal, complete the words of a server that means harm.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { hasTmux, Terminal } from "../../scripts/tmux.ts";
import { MAIN } from "../support/program.ts";
import { type HostileServer, startHostileServer } from "./hostile-server.ts";

const folder = mkdtempSync(join(tmpdir(), "ts-shells-"));
const mark = join(folder, "mark");
/** Gets a byte whenever a taskscribe command has ended. */
const ended = join(folder, "ended");
const PATIENCE_MS = 60_000;
let server: HostileServer;

before(async () => {
  for (const name of ["bin", "home"]) mkdirSync(join(folder, name));
  const command = join(folder, "bin/taskscribe");
  writeFileSync(
    command,
    `#!/bin/sh\n"${process.execPath}" "${MAIN}" "$@"\ncode=$?\nprintf x >> "${ended}"\nexit $code\n`,
  );
  chmodSync(command, 0o755);
  server = await startHostileServer(mark);
});

after(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** How each shell is started without the files of a user, and loads the completion. */
const SHELLS = {
  bash: ["bash --norc --noprofile -i", "source <(taskscribe completion bash)"],
  zsh: ["zsh -f -i", "source <(taskscribe completion zsh)"],
  fish: ["fish --no-config -i", "taskscribe completion fish | source"],
} as const;

async function until(holds: () => boolean, what: () => string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!holds()) {
    if (Date.now() > end) throw new Error(what());
    await pause(50);
  }
}

const commandsEnded = () => (existsSync(ended) ? readFileSync(ended).length : 0);

describe("row 28: TAB at a command that asks a hostile server", { timeout: 300_000 }, () => {
  for (const [shell, [start, load]] of Object.entries(SHELLS)) {
    const missing = !hasTmux() || spawnSync(shell, ["-c", "true"]).error !== undefined;
    const skip = missing && process.env["CI"] !== "true" && `tmux or ${shell} is not installed`;
    it(`runs nothing in ${shell}, and offers only harmless words`, { skip }, async () => {
      const own = join(folder, shell);
      mkdirSync(own);
      const terminal = new Terminal(own, {
        PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
        HOME: join(folder, "home"),
      });
      const shown = (wanted: RegExp) =>
        until(
          () => wanted.test(terminal.screen()),
          () => `${wanted} is not shown, but\n${terminal.screen()}`,
        );
      /** Types the line, presses Enter and waits until the next line runs, too. */
      const run = async (line: string, n: number) => {
        terminal.press("-l", line);
        terminal.press("Enter");
        terminal.press("-l", `printf 'ran-%s\\n' ${n}`);
        terminal.press("Enter");
        await shown(new RegExp(`^ran-${n}$`, "m"));
      };
      try {
        await terminal.run("true");
        terminal.press("-l", start);
        terminal.press("Enter");
        // bash splits an address at its colons before a completion sees it.
        await run(`taskscribe profile set evil --endpoint ${server.endpoint("words")}`, 8);
        await run(load, 0);
        const at = "--profile evil";
        for (const [n, line] of [`submit ${at} `, `get ${at} `, `list ${at} --type `].entries()) {
          terminal.press("-l", `taskscribe ${line}`);
          const before = commandsEnded();
          terminal.press("Tab");
          await until(
            () => commandsEnded() > before,
            () => `TAB asked nobody:\n${terminal.screen()}`,
          );
          terminal.press("Tab", "Tab");
          terminal.press("C-e", "C-u");
          await run("", n + 1);
          assert.ok(!existsSync(mark), `${line}: a command of the server ran`);
        }
        terminal.press("-l", `taskscribe submit ${at} back`);
        terminal.press("Tab");
        await shown(/submit --profile evil backup_ok/);
        terminal.press("Enter");
        await run("", 9);
        assert.ok(!existsSync(mark));
      } finally {
        terminal.close();
      }
    });
  }
});
