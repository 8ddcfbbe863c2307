import { Command, Option } from "commander";
import { ConfigError } from "../../../config/config-error.ts";
import type { JsonObject } from "../../../core/json.ts";
import { parseDuration } from "../../../filter/durations.ts";
import { visible } from "../../../visible.ts";
import { print } from "../../output.ts";
import { type AccessFlags, callAccess } from "./call-access.ts";

export interface OutputFlags extends AccessFlags {
  readonly output: "text" | "json";
}

/** A command that manages access: where the data is, and how the result is printed. */
export function accessCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option("--data <directory>", "the data directory, whether or not a server runs on it")
    .option("--config <file>", "the configuration file of that server")
    .addOption(
      new Option("-o, --output <format>", "how to print the result")
        .choices(["text", "json"])
        .default("text"),
    );
}

/** Calls the access API and prints what it says. `heard` gets it in either format. */
export async function runAccess(
  flags: OutputFlags,
  action: string,
  parameters: Readonly<Record<string, JsonObject[string] | undefined>>,
  lines: (result: JsonObject) => readonly string[],
  heard: (result: JsonObject) => void = () => {},
): Promise<void> {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const result = await callAccess(flags, action, Object.fromEntries(given) as JsonObject);
  heard(result);
  print(flags.output === "json" ? JSON.stringify(result, null, 2) : lines(result).join("\n"));
}

/** `name  value` for each field, one a line. */
export function resultFields(result: JsonObject): readonly string[] {
  const fields = Object.entries(result).map(([name, value]) => [visible(name), cellOf(value)]);
  const width = Math.max(0, ...fields.map(([name = ""]) => name.length));
  return fields.map(([name = "", value]) => `${name.padEnd(width)}  ${value}`);
}

/** A table of a list of objects; the first row names the columns. */
export function resultTable(rows: readonly JsonObject[], columns: readonly string[]): string[] {
  const cells = [[...columns], ...rows.map((row) => columns.map((column) => cellOf(row[column])))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  return cells.map((line) =>
    line
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** A value as one line, whatever was written into it. */
function cellOf(value: JsonObject[string] | undefined): string {
  return visible(String(value ?? ""));
}

/** An option that is a duration, in seconds. @throws ConfigError naming the option. */
export function wholeSeconds(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined && ms % 1_000 === 0) return ms / 1_000;
  throw new ConfigError(
    `--${option}: found ${JSON.stringify(text)}; give a duration in whole seconds such as 90d, 12h or 30m`,
  );
}

/** A list inside a result. */
export function listIn(result: JsonObject, name: string): readonly JsonObject[] {
  const list = result[name];
  return Array.isArray(list) ? (list as readonly JsonObject[]) : [];
}
