import { styleText } from "node:util";
import { fit } from "./text.ts";

/** What standard output and standard error offer. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export type Style = Parameters<typeof styleText>[0];

/** A stream with what is known of its reader: a person at a terminal, or a program. */
export class Screen {
  readonly #output: Output;
  readonly #hasColors: boolean;
  /** Whether what was written can be written over. */
  readonly isLive: boolean;

  constructor(output: Output, env: NodeJS.ProcessEnv = process.env) {
    this.#output = output;
    this.isLive = output.isTTY === true && env["TERM"] !== "dumb";
    this.#hasColors = wantsColors(this.isLive, env);
  }

  get isTTY(): boolean {
    return this.#output.isTTY === true;
  }

  /** In columns. Programs get lines of any length. */
  get width(): number {
    return this.isTTY ? (this.#output.columns ?? 80) : Number.POSITIVE_INFINITY;
  }

  get rows(): number {
    return this.#output.rows ?? 24;
  }

  write(text: string): void {
    this.#output.write(text);
  }

  line(text: string): void {
    this.#output.write(`${text}\n`);
  }

  paint(style: Style | undefined, text: string): string {
    if (!this.#hasColors || style === undefined || text === "") return text;
    return styleText(style, text, { validateStream: false });
  }
}

/** https://no-color.org; FORCE_COLOR goes before it, as in Node itself. */
function wantsColors(isLive: boolean, env: NodeJS.ProcessEnv): boolean {
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return isLive && !env["NO_COLOR"];
}

/** Lines at the end of the screen that are written over again and again. */
export class LiveArea {
  readonly #screen: Screen;
  #drawn = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  draw(lines: readonly string[]): void {
    const { width, rows } = this.#screen;
    const shown = lines.slice(0, Math.max(1, rows - 1)).map((line) => fitPainted(line, width - 1));
    this.#screen.write(`${this.#back()}${shown.map((line) => `${line}\n`).join("")}`);
    this.#drawn = shown.length;
  }

  clear(): void {
    this.#screen.write(this.#back());
    this.#drawn = 0;
  }

  #back(): string {
    return this.#drawn === 0 ? "" : `\u001b[${this.#drawn}A\r\u001b[0J`;
  }
}

/** A line that wraps would be counted wrong. Colours end with the line. */
function fitPainted(line: string, width: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the beginning of a colour
  return /\u001b/.test(line) ? line : fit(line, width);
}
