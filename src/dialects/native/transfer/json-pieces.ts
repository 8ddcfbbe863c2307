import { invalidParameter } from "../../../message/check-value.ts";

/** A member of the outermost object, or an entry of its member `log`; the bytes are its value. */
export interface JsonPiece {
  readonly name: string;
  readonly isEntry: boolean;
  readonly bytes: Uint8Array;
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];
const SPACES: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d]);
/** How much deeper the text is nested behind a byte. */
const NESTING: ReadonlyMap<number, number> = new Map([
  [OPEN_OBJECT, 1],
  [OPEN_LIST, 1],
  [CLOSE_OBJECT, -1],
  [CLOSE_LIST, -1],
]);
const names = new TextDecoder("utf-8", { fatal: true });

/**
 * Divides the text of an object into its members, and the list in the member `list` into its entries, without reading what is
 * in them: whoever takes a piece parses it, and can pause between two.
 * @throws DomainError `InvalidParameter` for what is no such object.
 */
export function* jsonPieces(text: Uint8Array, list: string): Generator<JsonPiece> {
  const reader = new PieceReader(text);
  const seen = new Set<string>();
  reader.expect(OPEN_OBJECT);
  for (let isFirst = true; !reader.ends(CLOSE_OBJECT, isFirst); isFirst = false) {
    const name = reader.name();
    if (seen.has(name)) throw invalidParameter(name, "a member that comes twice", "it once");
    seen.add(name);
    reader.expect(COLON);
    if (name !== list || reader.peek() !== OPEN_LIST) {
      yield { name, isEntry: false, bytes: reader.value() };
      continue;
    }
    reader.expect(OPEN_LIST);
    for (let first = true; !reader.ends(CLOSE_LIST, first); first = false) {
      yield { name, isEntry: true, bytes: reader.value() };
    }
  }
  if (reader.peek() !== undefined) throw notJson();
}

class PieceReader {
  readonly #text: Uint8Array;
  #at = 0;

  constructor(text: Uint8Array) {
    this.#text = text;
  }

  /** The next byte that is no space; it is not taken. */
  peek(): number | undefined {
    while (SPACES.has(this.#text[this.#at])) this.#at++;
    return this.#text[this.#at];
  }

  expect(byte: number): void {
    if (this.peek() !== byte) throw notJson();
    this.#at++;
  }

  /** Whether the object or list is over; else takes the comma before the next part, which the first part has not. */
  ends(close: number, isFirst: boolean): boolean {
    if (this.peek() === close) {
      this.#at++;
      return true;
    }
    if (!isFirst) this.expect(COMMA);
    return false;
  }

  name(): string {
    if (this.peek() !== QUOTE) throw notJson();
    const start = this.#at;
    this.#skipText();
    try {
      return String(JSON.parse(names.decode(this.#text.subarray(start, this.#at))));
    } catch {
      throw notJson();
    }
  }

  /** The bytes of the next value, up to the comma or bracket behind it. */
  value(): Uint8Array {
    this.peek();
    const start = this.#at;
    for (let depth = 0; ; ) {
      const byte = this.#text[this.#at];
      if (byte === undefined) throw notJson();
      const step = NESTING.get(byte) ?? 0;
      if (depth === 0 && (byte === COMMA || step < 0)) break;
      depth += step;
      if (byte === QUOTE) this.#skipText();
      else this.#at++;
    }
    if (this.#at === start) throw notJson();
    return this.#text.subarray(start, this.#at);
  }

  #skipText(): void {
    for (let from = this.#at + 1; ; ) {
      const end = this.#text.indexOf(QUOTE, from);
      if (end < 0) throw notJson();
      let slashes = 0;
      while (this.#text[end - 1 - slashes] === BACKSLASH) slashes++;
      this.#at = end + 1;
      if (slashes % 2 === 0) return;
      from = end + 1;
    }
  }
}

function notJson(): Error {
  return invalidParameter("body", "no JSON object", "a file as it was exported");
}
