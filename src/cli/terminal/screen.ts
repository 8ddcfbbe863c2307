import { styleText } from "node:util";
import { visible, visibleLines } from "../../visible.ts";
import { fit } from "./text.ts";

/** The part of standard output and standard error that is used here. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export type Style = Parameters<typeof styleText>[0];

/** A stream whose reader is known: a person at a terminal, or a program. */
export class Screen {
  readonly #output: Output;
  readonly #hasColors: boolean;
  /** Whether lines that were written can be overwritten. */
  readonly isLive: boolean;
  readonly #isAscii: boolean;

  constructor(output: Output, env: NodeJS.ProcessEnv = process.env) {
    this.#output = output;
    this.isLive = output.isTTY === true && env["TERM"] !== "dumb";
    this.#hasColors = wantsColors(this.isLive, env);
    this.#isAscii = !showsUnicode(env);
  }

  get isTTY(): boolean {
    return this.#output.isTTY === true;
  }

  /** The width in columns. Programs get lines of any length. A terminal that does not know its size reports 0. */
  get width(): number {
    return this.isTTY ? this.#output.columns || 80 : Number.POSITIVE_INFINITY;
  }

  get rows(): number {
    return this.#output.rows || 24;
  }

  /** Writes data. Characters that could control a terminal become escapes of JSON, which keep the value of JSON. */
  write(text: string): void {
    this.#output.write(visibleLines(text));
  }

  /** Writes a line for people. */
  line(text: string): void {
    this.#output.write(this.#drawn(text));
  }

  /** Writes lines over this many lines that were written before. */
  redraw(back: number, lines: readonly string[]): void {
    const over = back === 0 ? "" : `${ESCAPE}[${back}A\r${ESCAPE}[0J`;
    this.#output.write(over + lines.map((line) => this.#drawn(line)).join(""));
  }

  /** One line of the terminal. Of what could control it, only the colours of `paint` stay. */
  #drawn(text: string): string {
    const shown = this.shown(text);
    if (!this.#hasColors) return `${visible(shown)}\n`;
    const parts = shown.split(OWN_COLOUR);
    return `${parts.map((part, i) => (i % 2 === 1 ? part : visible(part))).join("")}\n`;
  }

  /** The text with the same width. Marks that this program draws are ASCII where the locale asks for it. */
  shown(text: string): string {
    return this.#isAscii ? text.replace(MARK, (mark) => ASCII_MARKS[mark] ?? mark) : text;
  }

  paint(style: Style | undefined, text: string): string {
    if (!this.#hasColors || style === undefined || text === "") return text;
    return styleText(style, text, { validateStream: false });
  }
}

const ESCAPE = "\u001b";
/** The colours and weights that this program uses, and their ends. */
const OWN_COLOUR = new RegExp(`(${ESCAPE}\\[(?:0|1|2|22|3[1-6]|39)m)`);

/** The marks of bars, cuts, separators and repetitions. Each mark and its ASCII replacement are one column wide. */
const ASCII_MARKS: Readonly<Record<string, string>> = {
  "█": "#",
  "░": "-",
  "…": "~",
  "·": "-",
  "×": "x",
};
const MARK = new RegExp(`[${Object.keys(ASCII_MARKS).join("")}]`, "gu");

/** POSIX: the first of the three variables that is set and not empty names the character set. Without any it is ASCII. */
function showsUnicode(env: NodeJS.ProcessEnv): boolean {
  if (env["TERM"] === "dumb") return false;
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "C";
  return /utf-?8/i.test(locale);
}

/** See https://no-color.org. FORCE_COLOR has priority, as in Node itself. */
function wantsColors(isLive: boolean, env: NodeJS.ProcessEnv): boolean {
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return isLive && !env["NO_COLOR"];
}

/** Lines at the end of the screen that are overwritten again and again. */
export class LiveArea {
  readonly #screen: Screen;
  #drawn = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  draw(lines: readonly string[]): void {
    const { width, rows } = this.#screen;
    // Each line is cut to the width, because a wrapped line would count as one but take two.
    const shown = lines.slice(0, Math.max(1, rows - 1)).map((line) => fit(line, width - 1));
    this.#screen.redraw(this.#drawn, shown);
    this.#drawn = shown.length;
  }

  clear(): void {
    this.#screen.redraw(this.#drawn, []);
    this.#drawn = 0;
  }
}
