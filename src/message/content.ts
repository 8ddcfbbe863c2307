import { DomainError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { flawInJson, isSuspicious, type JsonFlaw } from "../core/values/json-flaws.ts";
import { isSecretName, redactText } from "../redact.ts";
import { FAULTS, FaultError } from "./fault.ts";
import { type Parameters, parseParameters } from "./parameters.ts";

/** A request's body, as its Content-Type says. */
export type Content =
  | { readonly kind: "none" }
  | { readonly kind: "form"; readonly parameters: Parameters }
  | JsonContent;

export interface JsonContent {
  readonly kind: "json";
  readonly value: Json;
  /** The text that the value was parsed from. */
  readonly json: string;
  /** The number of members of all objects in the value. */
  readonly members: number;
}

const NOTHING: Content = { kind: "none" };
const MAX_DEPTH = 64;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses a body. Without a Content-Type, or with the Go SDK's octet-stream, the first character decides: `[` or `{` is
 * JSON, anything else a form.
 * @throws DomainError `InvalidParameter` for what is not UTF-8, not JSON, or what `parseJson` refuses; FaultError for
 * another content type.
 */
export function readContent(body: Uint8Array | undefined, type: string | undefined): Content {
  if (body === undefined || body.length === 0) return NOTHING;
  const text = decode(body);
  switch (kindOf(type, text)) {
    case "form":
      return { kind: "form", parameters: parseParameters(text) };
    case "json":
      return text.trim() === "" ? NOTHING : jsonContent(text);
    default:
      throw new FaultError(FAULTS.unsupportedContentType);
  }
}

/**
 * Parses JSON that is safe to keep: without `__proto__`, not nested deeper than any operation needs, with numbers and
 * texts that stay what they are. Of a member that comes twice the last counts (see `checkMembersOnce`).
 * @throws DomainError `InvalidParameter` naming `parameter`, or the part of it.
 */
export function parseJson(text: string, parameter: string): Json {
  const value = parsed(text, parameter);
  countMembers(value, parameter, 0);
  checkKept(text, parameter);
  return value;
}

/**
 * Refuses a body in which an object has a member twice: which of the two counts, readers disagree about. Only a body
 * that has more colons than members can be one, and only that is read again.
 * @throws DomainError `InvalidParameter` naming the member.
 */
export function checkMembersOnce({ json, members }: JsonContent): void {
  if (colonsIn(json) === members) return;
  const flaw = flawInJson(json, "", true);
  if (flaw !== undefined) throw flawed(flaw);
}

function jsonContent(json: string): JsonContent {
  const value = parsed(json, "body");
  const members = countMembers(value, "body", 0);
  checkKept(json, "");
  return { kind: "json", value, json, members };
}

function parsed(text: string, parameter: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw invalid(parameter, `no JSON; it begins ${shorten(redactText(text))}`, "well-formed JSON");
  }
}

/** @throws DomainError `InvalidParameter` naming the part that would become another one. */
function checkKept(json: string, root: string): void {
  const flaw = isSuspicious(json) ? flawInJson(json, root, false) : undefined;
  if (flaw !== undefined) throw flawed(flaw);
}

function flawed({ path, found, expected }: JsonFlaw): DomainError {
  const secret = path.split(".").some(isSecretName);
  return invalid(
    path || "body",
    secret ? "a value that is not shown" : redactText(found),
    expected,
  );
}

function colonsIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf(":"); at >= 0; at = text.indexOf(":", at + 1)) count++;
  return count;
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

/** The number of members of all objects. @throws DomainError for `__proto__` and for what is nested too deep. */
function countMembers(value: Json, parameter: string, depth: number): number {
  if (typeof value !== "object" || value === null) return 0;
  if (depth >= MAX_DEPTH) {
    throw invalid(parameter, `more than ${MAX_DEPTH} levels`, `at most ${MAX_DEPTH} levels`);
  }
  let members = 0;
  if (Array.isArray(value)) {
    for (const entry of value) members += countMembers(entry, parameter, depth + 1);
    return members;
  }
  for (const [name, entry] of Object.entries(value)) {
    if (name === "__proto__") throw invalid(`${parameter}.__proto__`, "__proto__", "another name");
    members += 1 + countMembers(entry, parameter, depth + 1);
  }
  return members;
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
