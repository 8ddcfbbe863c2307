import jmespath from "jmespath";
import { ConfigError } from "../config/config-error.ts";
import type { Screen } from "./terminal/screen.ts";
import { plain } from "./terminal/text.ts";

export const FORMATS = ["table", "json", "text"] as const;

/** How results are printed. */
export interface ResultFlags {
  /** Absent: a table for people, JSON for programs. */
  readonly output?: (typeof FORMATS)[number];
  /** JMESPath */
  readonly query?: string;
}

/** Whether the result goes out as a table rather than as data. */
export function isTable(screen: Screen, { output, query }: ResultFlags): boolean {
  if (output !== undefined) return output === "table";
  return screen.isTTY && query === undefined;
}

/** Prints a result. The lines are made only if they are wanted. */
export function show(
  screen: Screen,
  flags: ResultFlags,
  data: unknown,
  lines: () => readonly string[],
): void {
  if (isTable(screen, flags)) {
    for (const line of lines()) screen.line(line);
    return;
  }
  const found = queried(data, flags.query);
  if (flags.output === "text") for (const line of textLines(found)) screen.write(`${line}\n`);
  else screen.write(`${JSON.stringify(found, null, 2)}\n`);
}

/** One of many results, as one line of JSON; nothing if the query finds nothing in it. */
export function showOne(screen: Screen, flags: ResultFlags, data: unknown): void {
  const found = queried(data, flags.query);
  if (found === null && flags.query !== undefined) return;
  if (flags.output === "text") for (const line of textLines(found)) screen.write(`${line}\n`);
  else screen.write(`${JSON.stringify(found)}\n`);
}

/** @throws ConfigError if it is no JMESPath. */
export function checkQuery(query: string | undefined): void {
  if (query !== undefined) queried(null, query, true);
}

function queried(data: unknown, query: string | undefined, compileOnly = false): unknown {
  if (query === undefined) return data;
  try {
    if (compileOnly)
      return (jmespath as unknown as { compile(text: string): unknown }).compile(query);
    return jmespath.search(data, query);
  } catch (error) {
    // What it throws for a query that ends too soon speaks of its own code.
    const unfinished = error instanceof TypeError || !(error instanceof Error);
    const reason = unfinished ? "it is not complete" : error.message;
    throw new ConfigError(`--query "${query}": ${reason}; give JMESPath, e.g. '[].id'`);
  }
}

/** Bare words, one a line, the parts of a list of lists with tabs between: for shell loops. */
function textLines(found: unknown): string[] {
  if (!Array.isArray(found)) return found === null || found === undefined ? [] : [textOf(found)];
  return found.map((one) => (Array.isArray(one) ? one.map(textOf).join("\t") : textOf(one)));
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : plain(String(value));
}
