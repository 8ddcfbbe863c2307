/*
 * Percent-encoding as every scheme signs it (RFC 3986: A-Z a-z 0-9 - _ . ~ stay, hex digits are upper-case). It works on the
 * bytes of the text as it was sent, instead of decoding and encoding again. So it cannot throw, and different bytes never
 * become the same text.
 */

const PERCENT = 0x25;
const PLUS = 0x2b;
const ASCII_END = 0x80;

const UNRESERVED = Uint8Array.from({ length: ASCII_END }, (_, code) =>
  /[A-Za-z0-9\-_.~]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/** The encoded form of each byte. */
const ENCODED: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  UNRESERVED[byte] === 1
    ? String.fromCharCode(byte)
    : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
);

/** The canonical form of a component of a query or form, where "+" means a blank. */
export function normalizeComponent(raw: string): string {
  for (let i = 0; i < raw.length; i++)
    if (UNRESERVED[raw.charCodeAt(i)] !== 1) return normalizeFrom(raw, i, "%20");
  return raw;
}

/** The canonical form of one path segment, where "+" means a plus. */
export function normalizeSegment(raw: string): string {
  return normalizeFrom(raw, 0, "%2B");
}

function normalizeFrom(raw: string, start: number, plus: string): string {
  let out = raw.slice(0, start);
  for (let i = start; i < raw.length; i++) {
    const code = raw.charCodeAt(i);
    if (code === PERCENT) {
      const byte = hexByte(raw, i + 1);
      out += byte < 0 ? "%25" : ENCODED[byte];
      if (byte >= 0) i += 2;
    } else if (code === PLUS) out += plus;
    else if (code < ASCII_END) out += ENCODED[code];
    else {
      const end = endOfNonAscii(raw, i);
      out += encodeURIComponent(raw.slice(i, end).toWellFormed());
      i = end - 1;
    }
  }
  return out;
}

/** The end of a run of non-ASCII characters. They are encoded together, because a surrogate pair must not be divided. */
function endOfNonAscii(raw: string, start: number): number {
  let end = start + 1;
  while (end < raw.length && raw.charCodeAt(end) >= ASCII_END) end++;
  return end;
}

/** The byte that two hex digits at this index mean, or -1. */
function hexByte(raw: string, at: number): number {
  const high = hexDigit(raw.charCodeAt(at));
  const low = hexDigit(raw.charCodeAt(at + 1));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20; // lower case
  return letter >= 0x61 && letter <= 0x66 && code < ASCII_END ? letter - 0x57 : -1;
}

/** The decoded text. Escapes that are not UTF-8 stay as they are, as in the query parsers of servers. */
export function decodeComponent(normalized: string): string {
  if (!normalized.includes("%")) return normalized;
  try {
    return decodeURIComponent(normalized);
  } catch {
    return normalized;
  }
}
