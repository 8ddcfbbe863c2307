import { readFileSync } from "node:fs";
import { ConfigError } from "../config/config-error.ts";
import type { JsonObject } from "../core/json.ts";
import { flawInJson } from "../core/values/json-flaws.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A JSON object from a file; `-` is standard input. @throws ConfigError */
export function readJson(file: string): JsonObject {
  const value = parse(file, readText(file));
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new ConfigError(`${file}: it holds no JSON object; give a file with { ... }`);
}

/** The text of a file; `-` is standard input. @throws ConfigError */
export function readText(file: string): string {
  try {
    return utf8.decode(readFileSync(file === "-" ? 0 : file));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`${file}: it cannot be read (${reason}); name a file that can be`, {
      cause,
    });
  }
}

/**
 * The value of a JSON text, if it is that of the text: no number is rounded, no member comes twice, no text is another one.
 * @param what names the text in messages
 * @throws SyntaxError for what is not JSON, ConfigError for a value that would be another one
 */
export function parseJson(text: string, what: string): unknown {
  const value: unknown = JSON.parse(text);
  const flaw = flawInJson(text, "", true);
  if (flaw === undefined) return value;
  const where = flaw.path === "" ? what : `${what}: ${flaw.path}`;
  throw new ConfigError(`${where} is ${flaw.found}; give ${flaw.expected}`);
}

function parse(file: string, text: string): unknown {
  try {
    return parseJson(text, file);
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`${file}: it is not JSON (${reason}); give a file with { ... }`, {
      cause,
    });
  }
}
