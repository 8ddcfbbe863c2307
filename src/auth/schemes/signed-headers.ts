import { firstPresent, MEANING_HEADERS } from "../header-rules.ts";
import { headerText, isRepeated, type RequestHeaders } from "../request.ts";

type SignedHeaders = {
  readonly names: readonly string[];
  /** `name:` of each name, so that a line is joined from fewer parts. */
  readonly labels: readonly string[];
  /** How many of the names begin with x-acs-. */
  readonly acsCount: number;
  /** The headers that would change the meaning and are not listed, so the request may not have them. */
  readonly barred: readonly string[];
  /** False if host is missing or a name is listed twice. Such a list proves nothing. */
  readonly usable: boolean;
};

/**
 * Each client always sends the same few lists, so they are cached. Any caller can invent new lists, so their number and length
 * are limited.
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
    barred: MEANING_HEADERS.filter((name) => !names.includes(name)),
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
      /** The header that changes the meaning and is not listed. */
      readonly header?: string;
    };

/**
 * The lines `name:value` of the headers that SignedHeaders lists, or the reason why the list is refused (AUTH.md 1.3). Host and
 * every x-acs-* header must be listed, because otherwise one could be added after signing, and so must every header that
 * changes what the request means. Every listed header must be present exactly once.
 */
export function signedHeaderLines(headers: RequestHeaders, list: string): SignedHeaderLines {
  const { names, labels, acsCount, barred, usable } = signedHeadersOf(list);
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
  // All listed headers are present and differ, so equal counts mean that no x-acs-* header is left out.
  if (countAcsHeaders(headers) !== acsCount) return { ok: false, fault: "header-not-signed" };
  const header = firstPresent(headers, barred);
  return header === undefined
    ? { ok: true, text }
    : { ok: false, fault: "header-not-signed", header };
}

function countAcsHeaders(headers: RequestHeaders): number {
  let count = 0;
  for (const name in headers) if (name.startsWith("x-acs-") && headers[name] !== undefined) count++;
  return count;
}
