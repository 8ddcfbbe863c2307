// The kinds of values that settings have. Each reads a value as it stands in a configuration file, or the text that
// stands on a command line or in the environment.
import { closestTo } from "./did-you-mean.ts";

/** How values of one kind are read, and how people are told about them. */
export interface Kind<T> {
  /** The name of the value in the help, e.g. `number`; empty for a switch without a value. */
  readonly placeholder: string;
  /** What is expected, in words that follow "give". */
  readonly expected: string;
  /** All its values, if they are few. */
  readonly choices?: readonly string[];
  /** @throws WrongValue */
  read(value: unknown): T;
}

/** A value that does not fit, in words: `found "abc"; give a whole number from 0 to 65535`. */
export class WrongValue extends Error {
  override readonly name = "WrongValue";
  /** The keys that lead from the setting to the value, e.g. `["changes", "perSecond"]`. */
  readonly path: readonly (string | number)[];

  constructor(problem: string, path: readonly (string | number)[] = []) {
    super(problem);
    this.path = path;
  }
}

const LONGEST_SHOWN = 80;

/** The value that was found, as a message may show it. */
function shown(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (value === undefined) return "nothing";
  if (typeof value === "number") return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

function wrong(value: unknown, expected: string): WrongValue {
  return new WrongValue(`found ${shown(value)}; give ${expected}`);
}

export function text(placeholder: string, expected: string): Kind<string> {
  return {
    placeholder,
    expected,
    read: (value) => {
      if (typeof value === "string") return value;
      throw wrong(value, expected);
    },
  };
}

/** A text whose value no message shows. */
export function secret(expected: string, leastCharacters = 1): Kind<string> {
  return {
    placeholder: "secret",
    expected,
    read: (value) => {
      if (typeof value !== "string") throw new WrongValue(`found no text; give ${expected}`);
      if (value.length >= leastCharacters) return value;
      throw new WrongValue(`found ${value.length} characters; give ${expected}`);
    },
  };
}

export interface NumberRange {
  readonly least: number;
  readonly most: number;
  /** Whole numbers only. */
  readonly whole?: boolean;
  /** What is counted or measured, for help. */
  readonly unit?: string;
}

export function number({ least, most, whole = false, unit = "number" }: NumberRange): Kind<number> {
  const expected = `a ${whole ? "whole " : ""}number from ${least} to ${most}`;
  return {
    placeholder: unit,
    expected,
    read: (value) => {
      const isText = typeof value === "string" && value.trim() !== "";
      const read = isText ? Number(value) : value;
      const fits = typeof read === "number" && read >= least && read <= most;
      if (fits && (!whole || Number.isInteger(read))) return read;
      throw wrong(value, expected);
    },
  };
}

export function oneOf<const T extends string>(placeholder: string, values: readonly T[]): Kind<T> {
  const expected = `one of ${values.join(", ")}`;
  return {
    placeholder,
    expected,
    choices: values,
    read: (value) => {
      const found = values.find((known) => known === value);
      if (found !== undefined) return found;
      throw wrong(value, expected);
    },
  };
}

/** At least one of these values; as one text with commas between. */
export function someOf<const T extends string>(
  placeholder: string,
  values: readonly T[],
): Kind<readonly T[]> {
  const expected = `at least one of ${values.join(", ")}`;
  const all = texts(placeholder, expected);
  const one = oneOf(placeholder, values);
  return {
    ...all,
    choices: values,
    read: (value) => {
      const found = all.read(value);
      if (found.length === 0) throw wrong(value, expected);
      return found.map((name, index) => within(index, () => one.read(name)));
    },
  };
}

/** A value of the one kind, or of the other. */
export function either<A, B>(one: Kind<A>, other: Kind<B>, expected: string): Kind<A | B> {
  return {
    ...one,
    expected,
    read: (value) => {
      for (const kind of [one, other]) {
        try {
          return kind.read(value);
        } catch (error) {
          if (!(error instanceof WrongValue)) throw error;
        }
      }
      throw wrong(value, expected);
    },
  };
}

/** On or off: `true` or `false` in the environment and in the file, without a value on the command line. */
export const SWITCH: Kind<boolean> = {
  placeholder: "",
  expected: "true or false",
  read: (value) => {
    if (value === true || value === "true") return true;
    if (value === false || value === "false") return false;
    throw wrong(value, "true or false");
  },
};

/** Texts; as one text with commas between. */
export function texts(placeholder: string, expected: string): Kind<readonly string[]> {
  return {
    placeholder,
    expected,
    read: (value) => {
      if (typeof value === "string") return parts(value);
      if (!Array.isArray(value)) throw wrong(value, expected);
      return value.map((item, index) => {
        if (typeof item === "string" && item.trim() !== "") return item.trim();
        throw new WrongValue(`found ${shown(item)}; give a text`, [index]);
      });
    },
  };
}

/**
 * A program and what it is called with, each as one word and without a shell: a list; or one text with blanks between the
 * words, or with the list as JSON if a word has blanks in it.
 */
export function words(placeholder: string, expected: string): Kind<readonly string[]> {
  return {
    placeholder,
    expected,
    read: (value) => {
      const found = typeof value === "string" ? wordsIn(value, expected) : value;
      if (!Array.isArray(found) || found.length === 0) throw wrong(value, expected);
      return found.map((item, index) => {
        if (typeof item === "string" && (item !== "" || index > 0)) return item;
        throw new WrongValue(`found ${shown(item)}; give a text`, [index]);
      });
    },
  };
}

function wordsIn(value: string, expected: string): unknown {
  const line = value.trim();
  if (!line.startsWith("[")) return line.split(/\s+/);
  try {
    return JSON.parse(line) as unknown;
  } catch {
    throw wrong(value, expected);
  }
}

/** The parts of a text with commas between, without blanks around them and without empty ones. */
export function parts(value: string): string[] {
  return value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

export function list<T>(item: Kind<T>, expected: string): Kind<readonly T[]> {
  return {
    placeholder: "list",
    expected,
    read: (value) => {
      if (!Array.isArray(value)) throw wrong(value, expected);
      return value.map((one, index) => within(index, () => item.read(one)));
    },
  };
}

/** An object with these fields, and no others. A field that is absent stays absent. */
export function object<T extends object>(
  fields: { readonly [K in keyof T]-?: Kind<Exclude<T[K], undefined>> },
  required: readonly (keyof T & string)[] = [],
): Kind<T> {
  const names = Object.keys(fields);
  const expected = `an object with ${names.join(", ")}`;
  return {
    placeholder: "object",
    expected,
    read: (value) => {
      if (!isPlainObject(value)) throw wrong(value, expected);
      refuseUnknownKeys(value, names);
      const missing = required.find((name) => value[name] === undefined);
      if (missing !== undefined) {
        const kind: Kind<unknown> = fields[missing];
        throw new WrongValue(`found nothing; give ${kind.expected}`, [missing]);
      }
      return readFields(value, (name) => fields[name as keyof T]) as T;
    },
  };
}

/** An object with any names. */
export function record<T>(kind: Kind<T>, expected: string): Kind<Readonly<Record<string, T>>> {
  return {
    placeholder: "object",
    expected,
    read: (value) => {
      if (!isPlainObject(value)) throw wrong(value, expected);
      return readFields(value, () => kind) as Record<string, T>;
    },
  };
}

function readFields(
  value: Readonly<Record<string, unknown>>,
  kindOf: (name: string) => Kind<unknown>,
): Record<string, unknown> {
  const known = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(
    known.map(([name, one]) => [name, within(name, () => kindOf(name).read(one))]),
  );
}

/** @throws WrongValue with the known name that is most like the unknown one. */
export function refuseUnknownKeys(value: object, known: readonly string[]): void {
  const odd = Object.keys(value).find((name) => !known.includes(name));
  if (odd === undefined) return;
  const close = closestTo(odd, known);
  const advice =
    close === undefined ? `the known ones are ${known.join(", ")}` : `did you mean "${close}"?`;
  throw new WrongValue(`there is no such setting; ${advice}`, [odd]);
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function within<T>(key: string | number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof WrongValue) throw new WrongValue(error.message, [key, ...error.path]);
    throw error;
  }
}
