import {
  byNameThenValue,
  joinEncoded,
  type Parameter,
  readParameters,
  sortParameters,
} from "../parameters.ts";
import { normalizeSegment } from "../percent.ts";

/* The canonical request of ACS3-HMAC-SHA256 (AUTH.md §1), for checking and for signing. It runs in browsers too. */

/** The path in the form of the documentation, which TypeScript (openapi-core) and Go sign too. It is by far the most common. */
export function documentedPath(path: string): string {
  if (path === "") return "/";
  let out = path;
  if (out.includes("+")) out = out.replaceAll("+", "%20");
  if (out.includes("*")) out = out.replaceAll("*", "%2A");
  if (out.includes("%7E")) out = out.replaceAll("%7E", "~");
  return out;
}

/**
 * All forms in which known clients sign this path (AUTH.md 1.1), the most common one first. All forms are made from the path
 * alone and mean the same resource. The one exception: the documented form does not distinguish "+" from "%20".
 */
export function pathCandidates(path: string): readonly string[] {
  const wire = path === "" ? "/" : path;
  const base = [
    documentedPath(wire),
    wire, // Java, Python
    wire.replace("+", "%20").replace("*", "%2A").replace("%7E", "~"), // openapi-util: first occurrence only
  ];
  // Node's url.parse() sends %27 for the ' that the SDK has signed.
  const quoted = base.map((candidate) => candidate.replaceAll("%27", "'"));
  const normalized = wire.split("/").map(normalizeSegment).join("/");
  return [...new Set([...base, ...quoted, normalized])];
}

const NO_PARAMETERS: readonly Parameter[] = [];

export function sortedParameters(query: string): readonly Parameter[] {
  if (query === "") return NO_PARAMETERS;
  return sortParameters(readParameters(query, []), byNameThenValue);
}

export function canonicalQuery(query: string): string {
  return joinEncoded(sortedParameters(query));
}

/** What separates parameters, or begins an escape: a raw name that has one could pass for other parameters. */
const SEPARATOR = /[&=%+]/;

/** The documented form, which encodes names, and the form of TypeScript, Go and Python, which do not. */
export function queryCandidates(parameters: readonly Parameter[]): readonly string[] {
  if (parameters.some(({ name }) => SEPARATOR.test(name))) return [joinEncoded(parameters)];
  const rawNames = parameters.map(({ name, encodedValue }) => `${name}=${encodedValue}`).join("&");
  return [...new Set([joinEncoded(parameters), rawNames])];
}

export function canonicalRequest(
  method: string,
  path: string,
  query: string,
  headerLines: string,
  signedHeaders: string,
  payload: string,
): string {
  return `${method}\n${path}\n${query}\n${headerLines}\n${signedHeaders}\n${payload}`;
}

export function acs3StringToSign(canonicalHash: string): string {
  return `ACS3-HMAC-SHA256\n${canonicalHash}`;
}
