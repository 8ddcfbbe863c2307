import { MAX_NOTICES, MAX_STEPS } from "../task.ts";

/** The largest fields of a task. Bytes are those of UTF-8; bytes of an object or a list are those of its JSON. */
export const FIELD_LIMITS = {
  /** A product, a type, a target's type, id and name, a concurrency key, a key of a subtask, the id of an item. */
  nameBytes: 1_024,
  labels: 64,
  labelNameBytes: 256,
  labelValueBytes: 1_024,
  attributes: 256,
  attributesBytes: 64 * 1_024,
  steps: MAX_STEPS,
  /** All messages and errors of the steps of a task: of a task with many steps the newest are cut so that they fit. */
  stepTextsBytes: 2 * 1_024 * 1_024,
  /** The outputs of each step, added up: steps can replace each other's outputs of the task. */
  stepOutputsBytes: 1_024 * 1_024,
  questionBytes: 4 * 1_024,
  approvals: 100,
  /** What an answer to an approval has for the handler. With its reason it fits into the body of such a request. */
  signalDataBytes: 60 * 1_024,
  /** The data of all answers. */
  signalsBytes: 1_024 * 1_024,
  items: 10_000,
  itemsBytes: 1_024 * 1_024,
  notices: MAX_NOTICES,
  /** The notices that a task shows; the newest are cut so that they fit. */
  noticesBytes: 1_024 * 1_024,
  /** The notices of one report. */
  reportedNotices: 10_000,
  subtasks: 1_000,
  /** A message of a subtask, as its parent shows it. */
  subtaskMessageBytes: 1_024,
  /** From here on progress is recorded once a minute. */
  eventsInFull: 50_000,
  /** From here on the log of a task takes only what leads to its end. */
  events: 90_000,
} as const;

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
