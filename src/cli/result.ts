import jmespath from "jmespath";
import { ConfigError } from "../config/config-error.ts";
import type { Screen } from "./terminal/screen.ts";
import { plain } from "./terminal/text.ts";

export const FORMATS = ["table", "json", "text"] as const;

/** How results are printed. */
export interface ResultFlags {
  /** If absent: a table for people, JSON for programs. */
  readonly output?: (typeof FORMATS)[number];
  /** A JMESPath expression. */
  readonly query?: string;
}

/** Whether the result is printed as a table, not as data. */
export function isTable(screen: Screen, { output, query }: ResultFlags): boolean {
  if (output !== undefined) return output === "table";
  return screen.isTTY && query === undefined;
}

/** Prints a result. `lines` is called only if the result is printed as a table. */
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

/** Prints one of many results as a line of JSON, or nothing if the query finds nothing in it. */
export function showOne(screen: Screen, flags: ResultFlags, data: unknown): void {
  const found = queried(data, flags.query);
  if (found === null && flags.query !== undefined) return;
  if (flags.output === "text") for (const line of textLines(found)) screen.write(`${line}\n`);
  else screen.write(`${JSON.stringify(found)}\n`);
}

/** @throws ConfigError if the query is not valid JMESPath. */
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
    // For a query that ends too early the library throws an error about its own code.
    const unfinished = error instanceof TypeError || !(error instanceof Error);
    const reason = unfinished ? "it is not complete" : error.message;
    throw new ConfigError(`--query "${query}": ${reason}; give JMESPath, e.g. '[].id'`);
  }
}

/** Plain text for shell loops: one value on each line, with tabs between the parts of an inner list. */
function textLines(found: unknown): string[] {
  if (!Array.isArray(found)) return found === null || found === undefined ? [] : [textOf(found)];
  return found.map((one) => (Array.isArray(one) ? one.map(textOf).join("\t") : textOf(one)));
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : plain(value);
}
