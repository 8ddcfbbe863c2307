/** The largest fields of a task. Bytes are those of UTF-8; bytes of an object are those of its JSON. */
export const FIELD_LIMITS = {
  /** A product, a type, a target's type, id and name, a concurrency key, a key of a subtask, the id of an item. */
  nameBytes: 1_024,
  labels: 64,
  labelNameBytes: 256,
  labelValueBytes: 1_024,
  attributes: 256,
  attributesBytes: 64 * 1_024,
  /** What an answer to an approval has for the handler. */
  signalDataBytes: 64 * 1_024,
  items: 10_000,
  itemsBytes: 1_024 * 1_024,
  /** The notices that a task shows; the newest are cut so that they fit. */
  noticesBytes: 1_024 * 1_024,
} as const;

const SHORT = 3;

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

/** Whether the text takes more bytes. Most texts are so short that they need not be measured. */
export function isLonger(text: string, bytes: number): boolean {
  return text.length * SHORT > bytes && (text.length > bytes || bytesOf(text) > bytes);
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}
