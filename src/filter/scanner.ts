import { DomainError } from "../core/errors.ts";

/** A value of a filter. Quoted text is taken literally. */
export interface Value {
  readonly text: string;
  readonly quoted: boolean;
  /** Counted from 1. */
  readonly position: number;
}

/** Reads the text of a filter from left to right, and makes the error messages about it. */
export class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Counted from 1. */
  get position(): number {
    return this.#at + 1;
  }

  get done(): boolean {
    return this.#at >= this.#text.length;
  }

  skipBlanks(): void {
    this.take(/\s+/y);
  }

  /** The text that the sticky pattern matches at the current position, or "". */
  take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ""] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }

  /** Reads a plain word or a quoted text. */
  value(expected: string): Value {
    const { position } = this;
    if (this.take(/"/y) === "") {
      const text = this.take(/[^\s,"]+/y);
      if (text === "") throw this.syntaxError(expected);
      return { text, quoted: false, position };
    }
    const text = this.take(/(?:[^"\\]|\\.)*/sy);
    if (this.take(/"/y) === "") throw this.syntaxError('a closing "');
    return { text: text.replace(/\\(.)/gs, "$1"), quoted: true, position };
  }

  /** The error about the text at the current position, or about `found` at `position`. */
  syntaxError(expected: string, found = this.#next(), position = this.position): DomainError {
    return new DomainError(
      "InvalidParameter",
      `filter, position ${position}: found ${found}; expected ${expected}`,
      { parameter: "filter", position, found, expected },
    );
  }

  #next(): string {
    if (this.done) return "the end";
    const rest = this.#text.slice(this.#at, this.#at + 24);
    return JSON.stringify(/^(?:\S+|\s)/.exec(rest)?.[0] ?? rest);
  }
}
