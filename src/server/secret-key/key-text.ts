import { KEY_BYTES } from "../../access/secrets/sealing.ts";
import { DomainError } from "../../core/errors.ts";

/** More than a few hundred keys; whatever is longer is no text of keys. */
export const LONGEST_TEXT = 16_384;

/**
 * The keys in a text, which are separated by white space: the first encrypts, the others only open.
 * @param source who gave the text, for the error. @throws DomainError that does not show the text.
 */
export function keysIn(text: string, source: string): readonly [Buffer, ...(readonly Buffer[])] {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const [first, ...others] = words.length === 0 ? [""] : words;
  return [
    keyIn(first ?? "", source),
    ...others.map((word, at) => keyIn(word, `key ${at + 2} of ${source}`)),
  ];
}

function keyIn(word: string, source: string): Buffer {
  const key = Buffer.from(word, "base64");
  if (key.length === KEY_BYTES && /^[\w+/-]+=?$/.test(word)) return key;
  throw new DomainError(
    "InvalidParameter",
    `${source} holds ${key.length} bytes, expected ${KEY_BYTES} in base64; make one with: openssl rand -base64 ${KEY_BYTES}`,
    { parameter: "secretKey" },
  );
}
