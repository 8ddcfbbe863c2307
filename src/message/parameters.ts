import { DomainError } from "../core/errors.ts";
import { describeUnsound, isSoundText, SOUND_TEXT } from "../core/values/text.ts";

/** The decoded parameters of a query or a form. A name that comes twice keeps its first value. */
export type Parameters = ReadonlyMap<string, string>;

const NONE: Parameters = new Map();

/** More names than any operation has. The limit bounds what a body of `&a&b&c…` costs. */
const MAX_PARAMETERS = 5_000;

/** @throws DomainError `InvalidParameter` naming what is not percent-encoded UTF-8, or holds U+0000. */
export function parseParameters(text: string): Parameters {
  if (text === "") return NONE;
  const parameters = new Map<string, string>();
  for (let start = 0; start < text.length; ) {
    const ampersand = text.indexOf("&", start);
    const end = ampersand < 0 ? text.length : ampersand;
    if (end > start) addPart(parameters, text.slice(start, end));
    start = end + 1;
  }
  return parameters;
}

export function queryText(target: string): string {
  const mark = target.indexOf("?");
  return mark < 0 ? "" : target.slice(mark + 1);
}

export function pathText(target: string): string {
  const mark = target.indexOf("?");
  return mark < 0 ? target : target.slice(0, mark);
}

/** @throws DomainError `InvalidParameter` naming `parameter`. */
function decodePart(part: string, parameter: string): string {
  const plain = part.includes("+") ? part.replaceAll("+", " ") : part;
  if (!plain.includes("%")) return checkedText(plain, parameter);
  try {
    return checkedText(decodeURIComponent(plain), parameter);
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw new DomainError(
      "InvalidParameter",
      `parameter ${parameter} is not percent-encoded UTF-8; encode it as UTF-8 first`,
      { parameter, found: part.slice(0, 80), expected: "percent-encoded UTF-8" },
    );
  }
}

/** @throws DomainError `InvalidParameter` naming `parameter`. */
function checkedText(text: string, parameter: string): string {
  if (isSoundText(text)) return text;
  const found = describeUnsound(text);
  throw new DomainError(
    "InvalidParameter",
    `parameter ${parameter} is ${found}; give ${SOUND_TEXT}`,
    {
      parameter,
      found,
      expected: SOUND_TEXT,
    },
  );
}

function addPart(parameters: Map<string, string>, part: string): void {
  const equals = part.indexOf("=");
  const encodedName = equals < 0 ? part : part.slice(0, equals);
  const name = decodePart(encodedName, encodedName.slice(0, 80));
  if (parameters.has(name)) return;
  if (parameters.size >= MAX_PARAMETERS) {
    const expected = `at most ${MAX_PARAMETERS} parameters`;
    throw new DomainError("InvalidParameter", `the request has too many parameters`, {
      parameter: name.slice(0, 80),
      found: `more than ${MAX_PARAMETERS} parameters`,
      expected,
    });
  }
  parameters.set(name, equals < 0 ? "" : decodePart(part.slice(equals + 1), name));
}
