import { boundsOf, FIELD_BOUNDS } from "./bounds.ts";

/** The largest fields of a task, in bytes and numbers. */
export const FIELD_LIMITS = boundsOf(FIELD_BOUNDS);

const SHORT = 3;
const [QUOTE, BACKSLASH] = [0x22, 0x5c];

/** The bytes of a text as UTF-8, with half of a surrogate pair as three. */
export function bytesOf(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x80) continue;
    if (code < 0x800) bytes += 1;
    else if (code >= 0xd800 && code < 0xdc00 && isLow(text.charCodeAt(at + 1))) {
      bytes += 2;
      at++;
    } else bytes += 2;
  }
  return bytes;
}

/** The bytes of a well-formed text as JSON, with its quotes. */
export function jsonBytesOf(text: string): number {
  let bytes = bytesOf(text) + 2;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE || code === BACKSLASH) bytes += 1;
    else if (code < 0x20) bytes += hasShortEscape(code) ? 1 : 5;
  }
  return bytes;
}

/** Whether the text takes more bytes. Most texts are so short that they need not be measured. */
export function isLonger(text: string, bytes: number): boolean {
  return text.length * SHORT > bytes && (text.length > bytes || bytesOf(text) > bytes);
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}

/** \b, \t, \n, \f, \r */
function hasShortEscape(code: number): boolean {
  return code >= 0x08 && code <= 0x0d && code !== 0x0b;
}
