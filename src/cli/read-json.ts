import { readFileSync } from "node:fs";
import { ConfigError } from "../config/config-error.ts";
import type { JsonObject } from "../core/json.ts";

/** A JSON object from a file; `-` is standard input. @throws ConfigError */
export function readJson(file: string): JsonObject {
  const value = parse(file, read(file));
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new ConfigError(`${file} holds no JSON object; give a file with { … }`);
}

function read(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`${file} cannot be read: ${reason}`, { cause });
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`${file} is not JSON: ${reason}`, { cause });
  }
}
