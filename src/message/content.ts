import { DomainError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { redactText } from "../redact.ts";
import { FAULTS, FaultError } from "./fault.ts";
import { type Parameters, parseParameters } from "./parameters.ts";

/** A request's body, as its Content-Type says. */
export type Content =
  | { readonly kind: "none" }
  | { readonly kind: "form"; readonly parameters: Parameters }
  | { readonly kind: "json"; readonly value: Json };

const NOTHING: Content = { kind: "none" };
const MAX_DEPTH = 64;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses a body. Without a Content-Type, or with the Go SDK's octet-stream, the first character decides: `[` or `{` is
 * JSON, anything else a form.
 * @throws DomainError `InvalidParameter` for what is not UTF-8, not JSON, too deep or names `__proto__`;
 * FaultError for another content type.
 */
export function readContent(body: Uint8Array | undefined, type: string | undefined): Content {
  if (body === undefined || body.length === 0) return NOTHING;
  const text = decode(body);
  switch (kindOf(type, text)) {
    case "form":
      return { kind: "form", parameters: parseParameters(text) };
    case "json":
      return text.trim() === "" ? NOTHING : { kind: "json", value: parseJson(text, "body") };
    default:
      throw new FaultError(FAULTS.unsupportedContentType);
  }
}

/**
 * Parses JSON that is safe to keep: without `__proto__`, and not nested deeper than any operation needs.
 * @throws DomainError `InvalidParameter` naming `parameter`.
 */
export function parseJson(text: string, parameter: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw invalid(parameter, `no JSON; it begins ${shorten(redactText(text))}`, "well-formed JSON");
  }
  checkNesting(value, parameter, 0);
  return value;
}

function kindOf(type: string | undefined, text: string): "form" | "json" | "other" {
  const media = (type ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (media === "" || media === "application/octet-stream") {
    return /^\s*[[{]/.test(text) ? "json" : "form";
  }
  if (media === "application/x-www-form-urlencoded") return "form";
  return media === "application/json" || media.endsWith("+json") ? "json" : "other";
}

function decode(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch {
    throw invalid("body", "bytes that are not UTF-8", "UTF-8");
  }
}

function checkNesting(value: Json, parameter: string, depth: number): void {
  if (typeof value !== "object" || value === null) return;
  if (depth >= MAX_DEPTH) {
    throw invalid(parameter, `more than ${MAX_DEPTH} levels`, `at most ${MAX_DEPTH} levels`);
  }
  if (Array.isArray(value)) {
    for (const entry of value) checkNesting(entry, parameter, depth + 1);
    return;
  }
  for (const [name, entry] of Object.entries(value)) {
    if (name === "__proto__") throw invalid(`${parameter}.__proto__`, "__proto__", "another name");
    checkNesting(entry, parameter, depth + 1);
  }
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function invalid(parameter: string, found: string, expected: string): DomainError {
  return new DomainError("InvalidParameter", `${parameter} is ${found}; give ${expected}`, {
    parameter,
    found,
    expected,
  });
}
