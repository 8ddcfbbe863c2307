// The lines that come by the thousand, with the keys that pino would write: 0.3 µs where pino takes 2.7 and a describe 13.
import type { Task } from "../../core/task.ts";
import type { RequestLine } from "../../http/request-log.ts";

/** pino's numbers. */
const INFO = 30;
const WARN = 40;
/** A step says its code itself, and may say anything. */
const LONGEST = 200;
/** What JSON writes as it is. */
const PLAIN = /^[\w .:/@-]*$/;
/** What is more than a byte, or shown by nothing. */
const WIDE = /[^ -~]/g;

/** A line of ASCII with its end. The time is in ms since the epoch. */
type LineOf<Facts> = (facts: Facts, now: number) => string;

/** `version`: ours, as every line says it. */
export function requestLines(version: string): LineOf<RequestLine> {
  const head = headOf(version);
  const middle = middles();
  return (facts, now) => {
    const { requestId, taskId, ms } = facts;
    const task = taskId === undefined ? "" : `,"taskId":${quoted(taskId)}`;
    return `${head(INFO, now)},"requestId":${quoted(requestId)}${task}${middle(facts)},"ms":${ms},"msg":"request"}\n`;
  };
}

/** From the dialect to the code; kept from line to line, because polls come in rows. */
function middles(): (facts: RequestLine) => string {
  let last: Partial<RequestLine> = {};
  let text = "";
  return (facts) => {
    const { dialect, action, account, status, code } = facts;
    const same =
      action === last.action &&
      account === last.account &&
      status === last.status &&
      dialect === last.dialect &&
      code === last.code;
    if (same) return text;
    last = { dialect, action, account, status, code };
    text = dialect === undefined ? "" : `,"dialect":${quoted(dialect)}`;
    if (action !== undefined) text += `,"action":${quoted(action)}`;
    if (account !== undefined) text += `,"account":${quoted(account)}`;
    text += `,"status":${status}`;
    if (code !== undefined) text += `,"code":${quoted(code)}`;
    return text;
  };
}

/** A task that has ended, and what ended it. No message: the steps' own words may hold anything. */
export function taskLines(version: string): LineOf<Task> {
  const head = headOf(version);
  return ({ id, product, type, account, state, error, createdAt, endedAt = createdAt }, now) => {
    let line = `${head(isTrouble(state) ? WARN : INFO, now)},"taskId":${quoted(id)}`;
    line += `,"product":${quoted(product)},"type":${quoted(type)},"account":${quoted(account)}`;
    line += `,"state":${quoted(state)}`;
    if (error?.step !== undefined) line += `,"step":${quoted(error.step.slice(0, LONGEST))}`;
    if (error !== undefined) line += `,"code":${quoted(error.code.slice(0, LONGEST))}`;
    return `${line},"ms":${endedAt - createdAt},"msg":"task ended"}\n`;
  };
}

/** Whether somebody may want to know of a task that ended so. */
export function isTrouble(state: Task["state"]): boolean {
  return state === "failed" || state === "expired";
}

/** Kept for as long as a millisecond lasts: some forty lines, when they come by the thousand. */
function headOf(version: string): (level: number, now: number) => string {
  const base = `,"service":"taskscribe","version":${JSON.stringify(version)}`;
  let at = Number.NaN;
  let ofLevel = 0;
  let text = "";
  return (level, now) => {
    if (now !== at || level !== ofLevel) text = `{"level":${level},"time":${now}${base}`;
    at = now;
    ofLevel = level;
    return text;
  };
}

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text).replace(WIDE, escaped);
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
