// Log lines for a person: what a terminal shows instead of the JSON that a log collector gets.
import { styleText } from "node:util";
import { visible } from "../../visible.ts";

/** The level names of pino. */
const LEVELS: Readonly<Record<number, string>> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
  60: "fatal",
};
const WARN = 40;
const ERROR = 50;
/** Fields that every line has, and that are not shown as facts. */
const KNOWN = new Set(["level", "time", "service", "version", "msg"]);

interface Line {
  readonly level: number;
  /** ms since the epoch. */
  readonly time: number;
  readonly msg?: string;
  readonly [fact: string]: unknown;
}

/** The most frequent messages. */
const SHORT: Readonly<Record<string, (line: Line) => string>> = {
  request: requestIn,
  "task ended": taskIn,
};

/** One line of JSON as `time level message fact=value …`; time of day in UTC. */
export function forTerminal(json: string, colours: boolean): string {
  const line: Line = JSON.parse(json);
  const time = new Date(line.time).toISOString().slice(11, 23);
  const level = (LEVELS[line.level] ?? String(line.level)).padEnd(6);
  const rest = SHORT[line.msg ?? ""]?.(line) ?? factsIn(line);
  const safe = visible(`${time} ${level} ${rest}`);
  return `${colours ? coloured(line.level, safe) : safe}\n`;
}

function factsIn(line: Line): string {
  const facts = Object.entries(line)
    .filter(([name]) => !KNOWN.has(name))
    .map(([name, value]) => `${name}=${text(value)}`);
  return [line.msg ?? "", ...facts].filter(Boolean).join("  ");
}

/** A short form of a request's line. The caller is only in the JSON, and the request id is shown only for a refusal. */
function requestIn({ status, dialect, action, taskId, code, ms, requestId }: Line): string {
  const refusal = code === undefined ? [] : [code, `requestId=${requestId}`];
  const what = [dialect, action].filter(Boolean).join(" ");
  return [status, what, taskId, `${ms} ms`, ...refusal].filter(Boolean).join("  ");
}

function taskIn({ product, type, state, taskId, code, step, ms }: Line): string {
  const why = code === undefined ? [] : [code, ...(step === undefined ? [] : [`step=${step}`])];
  const what = `${product} ${type} ${state}`;
  return [what, taskId, `${ms} ms`, ...why].join("  ");
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function coloured(level: number, said: string): string {
  if (level >= ERROR) return styleText("red", said, { validateStream: false });
  return level >= WARN ? styleText("yellow", said, { validateStream: false }) : said;
}
