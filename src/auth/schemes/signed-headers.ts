import { headerText, isRepeated, type RequestHeaders } from "../request.ts";

type SignedHeaders = {
  readonly names: readonly string[];
  /** `name:` of each, so that a line is joined from fewer pieces. */
  readonly labels: readonly string[];
  /** How many of them are x-acs-* headers. */
  readonly acsCount: number;
  /** False when host is missing or a name is listed twice: such a list proves nothing. */
  readonly usable: boolean;
};

/**
 * Each client sends the same few lists for ever, so they are kept; any caller can invent new ones, so there is a limit on
 * their number and length.
 */
const known = new Map<string, SignedHeaders>();
const KNOWN_LIMIT = 64;
const KNOWN_LENGTH_LIMIT = 512;

function signedHeadersOf(list: string): SignedHeaders {
  const found = known.get(list);
  if (found) return found;
  const names = list.split(";");
  const signed = {
    names,
    labels: names.map((name) => `${name}:`),
    acsCount: names.filter((name) => name.startsWith("x-acs-")).length,
    usable: names.includes("host") && new Set(names).size === names.length,
  };
  if (known.size >= KNOWN_LIMIT) known.clear();
  if (list.length <= KNOWN_LENGTH_LIMIT) known.set(list, signed);
  return signed;
}

export type SignedHeaderLines =
  | { readonly ok: true; readonly text: string }
  | {
      readonly ok: false;
      readonly fault: "header-not-signed" | "signed-header-absent" | "repeated-header";
    };

/**
 * The lines `name:value` of the headers that SignedHeaders lists, or why the list is refused (AUTH.md 1.3): host and every
 * x-acs-* header must be listed, or one could be added after signing; and every listed header must be there, once.
 */
export function signedHeaderLines(headers: RequestHeaders, list: string): SignedHeaderLines {
  const { names, labels, acsCount, usable } = signedHeadersOf(list);
  if (!usable) return { ok: false, fault: "header-not-signed" };
  let text = "";
  for (let i = 0; i < names.length; i++) {
    const name = names[i] ?? "";
    const value = headerText(headers, name);
    if (value === undefined)
      return {
        ok: false,
        fault: isRepeated(headers, name) ? "repeated-header" : "signed-header-absent",
      };
    text += `${labels[i]}${value.trim()}\n`;
  }
  // All listed ones are present and differ, so equal numbers mean that none is left out.
  if (countAcsHeaders(headers) !== acsCount) return { ok: false, fault: "header-not-signed" };
  return { ok: true, text };
}

function countAcsHeaders(headers: RequestHeaders): number {
  let count = 0;
  for (const name in headers) if (name.startsWith("x-acs-") && headers[name] !== undefined) count++;
  return count;
}
