import { DomainError } from "../core/errors.ts";

/** A value as written: quoted text is taken to the letter. */
export interface Value {
  readonly text: string;
  readonly quoted: boolean;
  /** Counted from 1. */
  readonly position: number;
}

/** Reads a filter's text from left to right, and words every complaint about it. */
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

  /** What the pattern (sticky) matches here, or "". */
  take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ""] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }

  /** A bare word or a quoted text. */
  value(expected: string): Value {
    const { position } = this;
    if (this.take(/"/y) === "") {
      const text = this.take(/[^\s,"]+/y);
      if (text === "") throw this.complaint(expected);
      return { text, quoted: false, position };
    }
    const text = this.take(/(?:[^"\\]|\\.)*/sy);
    if (this.take(/"/y) === "") throw this.complaint('a closing "');
    return { text: text.replace(/\\(.)/gs, "$1"), quoted: true, position };
  }

  /** The error about what stands here, or about `found` at `position`. */
  complaint(expected: string, found = this.#next(), position = this.position): DomainError {
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
