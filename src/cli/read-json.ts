import { readFileSync } from "node:fs";
import { ConfigError } from "../config/config-error.ts";
import type { JsonObject } from "../core/json.ts";

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
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`${file}: it cannot be read (${reason}); name a file that can be`, {
      cause,
    });
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`${file}: it is not JSON (${reason}); give a file with { ... }`, {
      cause,
    });
  }
}
