import { EXACT_NUMBER, isExact } from "./exact-number.ts";
import { describeUnsound, isSoundText, SOUND_TEXT } from "./text.ts";

/** What is wrong with a part of a JSON value. `path` is dotted, e.g. `input.nodes.0`. */
export interface JsonFlaw {
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

/**
 * What a text must contain to have such a flaw: a number of 16 characters or with a large power of ten, or an escape that is
 * U+0000 or half of a surrogate pair. Nearly all texts contain none of them, so that nothing else is done for these.
 */
const SUSPICIOUS = /[\d.]{16}|\d[eE][+-]?\d{3}|\\u(?:0000|[dD][89a-fA-F])/;

export function isSuspicious(json: string): boolean {
  return SUSPICIOUS.test(json);
}

/**
 * The first part of a JSON text that `JSON.parse` would change in silence: a number that a double does not keep, a text
 * that is not sound, and with `unique` a member that an object has twice. Undefined: there is none. The text must be
 * well-formed JSON; each level of nesting takes a stack frame.
 */
export function flawInJson(json: string, root: string, unique: boolean): JsonFlaw | undefined {
  const reader = new JsonReader(json, unique);
  reader.value(root);
  return reader.flaw;
}

/** The first part of a value that JSON cannot keep: NaN, an infinite number, a text that is not sound. */
export function flawInValue(value: unknown, path: string): JsonFlaw | undefined {
  switch (typeof value) {
    case "string":
      return flawInText(value, path);
    case "number":
      return Number.isFinite(value)
        ? undefined
        : { path, found: String(value), expected: "a finite number" };
    case "object":
      return value === null ? undefined : flawInEntries(value, path);
    default:
      return undefined;
  }
}

function flawInEntries(value: object, path: string): JsonFlaw | undefined {
  for (const [name, entry] of Object.entries(value)) {
    const inside = within(path, name);
    const flaw = flawInText(name, inside) ?? flawInValue(entry, inside);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

export function flawInText(text: string, path: string): JsonFlaw | undefined {
  if (isSoundText(text)) return undefined;
  return { path, found: describeUnsound(text), expected: SOUND_TEXT };
}

/** The path of a part. A name that would be unreadable in it is written as JSON. */
function within(path: string, name: string): string {
  const shown = /^[\w$:/@ -]{1,80}$/.test(name) ? name : JSON.stringify(name.slice(0, 80));
  const sound = shown.toWellFormed();
  return path === "" ? sound : `${path}.${sound}`;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const WORD = /[a-z]*/y;
const NUMBER = /[-+.eE\d]*/y;
const BETWEEN = /[\s,:]*/y;

/** Reads well-formed JSON once from left to right, until the first flaw. */
class JsonReader {
  flaw: JsonFlaw | undefined;
  readonly #json: string;
  readonly #unique: boolean;
  /** The names and numbers that lead to the value that is read; they become a path only for a flaw. */
  readonly #way: (string | number)[] = [];
  #at = 0;

  constructor(json: string, unique: boolean) {
    this.#json = json;
    this.#unique = unique;
  }

  /** False: there is a flaw, and nothing more is read. */
  value(root: string): boolean {
    switch (this.#next()) {
      case OPEN_OBJECT:
        return this.#object(root);
      case OPEN_LIST:
        return this.#list(root);
      case QUOTE:
        return this.#text(root);
      default:
        return this.#bare(root);
    }
  }

  #object(root: string): boolean {
    const seen = new Set<string>();
    this.#at++;
    while (this.#next() !== CLOSE_OBJECT) {
      const name = this.#string();
      this.#way.push(name);
      if (!isSoundText(name)) return this.#fail(root, describeUnsound(name), SOUND_TEXT);
      if (this.#unique) {
        if (seen.has(name)) return this.#fail(root, "there twice", "each member once");
        seen.add(name);
      }
      if (!this.value(root)) return false;
      this.#way.pop();
    }
    this.#at++;
    return true;
  }

  #list(root: string): boolean {
    this.#at++;
    for (let index = 0; this.#next() !== CLOSE_LIST; index++) {
      this.#way.push(index);
      if (!this.value(root)) return false;
      this.#way.pop();
    }
    this.#at++;
    return true;
  }

  #text(root: string): boolean {
    const text = this.#string();
    return isSoundText(text) || this.#fail(root, describeUnsound(text), SOUND_TEXT);
  }

  #bare(root: string): boolean {
    if (this.#take(WORD) !== "") return true;
    const literal = this.#take(NUMBER);
    if (isExact(literal)) return true;
    const shown = literal.length > 80 ? `${literal.slice(0, 77)}...` : literal;
    return this.#fail(root, shown, EXACT_NUMBER);
  }

  #fail(root: string, found: string, expected: string): false {
    const path = this.#way.reduce<string>((way, part) => within(way, String(part)), root);
    this.flaw = { path, found, expected };
    return false;
  }

  #string(): string {
    const start = this.#at + 1;
    let end = start;
    let escaped = false;
    for (let code = this.#json.charCodeAt(end); code !== QUOTE; ) {
      if (Number.isNaN(code)) throw new SyntaxError("the text of a JSON value has no end");
      if (code === BACKSLASH) escaped = true;
      end += code === BACKSLASH ? 2 : 1;
      code = this.#json.charCodeAt(end);
    }
    this.#at = end + 1;
    const inside = this.#json.slice(start, end);
    return escaped ? (JSON.parse(`"${inside}"`) as string) : inside;
  }

  /** The next character of the structure; blanks, commas and colons are passed over. */
  #next(): number {
    this.#take(BETWEEN);
    return this.#json.charCodeAt(this.#at);
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    pattern.test(this.#json);
    const start = this.#at;
    this.#at = pattern.lastIndex;
    return this.#json.slice(start, this.#at);
  }
}
