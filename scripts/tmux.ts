import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const PATIENCE_MS = 90_000;
const COLUMNS = 100;
const ROWS = 40;

/** Whether tmux is installed. */
export function hasTmux(): boolean {
  return spawnSync("tmux", ["-V"]).status === 0;
}

/** A shell in a real terminal. Lines are typed into it, and its screen is read. */
export class Terminal {
  readonly #socket: string;
  readonly #prompts: string;

  /** @param folder the directory of the shell and of its files */
  constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.#socket = join(folder, ".tmux");
    this.#prompts = join(folder, ".prompts");
    const start = join(folder, ".bashrc"); // tmux and sh each change some of a given environment
    const settings = { ...env, PS1: "$ ", PROMPT_COMMAND: `echo >> '${this.#prompts}'` };
    const lines = Object.entries(settings).map(([name, value]) => `export ${name}="${value}"\n`);
    writeFileSync(start, lines.join(""));
    const size = ["-x", `${COLUMNS}`, "-y", `${ROWS}`];
    const shell = `exec bash --noprofile --rcfile '${start}'`;
    this.#tmux("-f", "/dev/null", "new-session", "-d", ...size, "-c", folder, shell);
  }

  /** Types a line. `meanwhile` is called with the screen while the command runs. Resolves with the final screen. */
  async run(line: string, meanwhile: (screen: string) => void = () => {}): Promise<string> {
    await this.#until(() => this.#promptsSeen() > 0, line);
    const before = this.#promptsSeen();
    this.#tmux("send-keys", "-R");
    this.#tmux("clear-history");
    this.#tmux("send-keys", "-l", line);
    this.#tmux("send-keys", "Enter");
    await this.#until(() => {
      const isOver = this.#promptsSeen() > before;
      if (!isOver) meanwhile(this.screen());
      return isOver;
    }, line);
    await this.#until(() => this.screen().endsWith("$"), line);
    return this.screen().replace(/\n?\$$/, "");
  }

  /** Presses a key, e.g. `C-c`, or types. */
  press(...keys: readonly string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  /** The complete output, also what has scrolled away, one line for each printed line. */
  screen(): string {
    const text = this.#tmux("capture-pane", "-p", "-J", "-S", "-");
    return text.replace(/[ \t]+$/gm, "").trimEnd();
  }

  close(): void {
    spawnSync("tmux", ["-S", this.#socket, "kill-server"]);
  }

  #promptsSeen(): number {
    try {
      return readFileSync(this.#prompts, "utf8").length;
    } catch {
      return 0;
    }
  }

  async #until(holds: () => boolean, what: string): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!holds()) {
      if (Date.now() > end) throw new Error(`${what}: the terminal shows\n${this.screen()}`);
      await pause(50);
    }
  }

  #tmux(...args: readonly string[]): string {
    const env = { ...process.env, LC_ALL: "C.UTF-8", NO_COLOR: undefined, FORCE_COLOR: undefined };
    const ran = spawnSync("tmux", ["-u", "-S", this.#socket, ...args], { encoding: "utf8", env });
    if (ran.status === 0) return ran.stdout;
    throw new Error(`tmux ${args[0]}: ${ran.error?.message ?? ran.stderr}`);
  }
}
