import { FINAL_STATES, OPEN_STATES, TASK_STATES, type TaskState } from "../core/task.ts";
import { HEALTHS } from "../engine/health.ts";
import { parseDuration } from "./durations.ts";
import {
  COUNT_FIELDS,
  type Comparison,
  type Condition,
  DURATION_FIELDS,
  type Filter,
  type NumberField,
  type Term,
  WORD_FIELDS,
} from "./filter.ts";
import { Scanner, type Value } from "./scanner.ts";

/** In characters. */
export const MAX_FILTER_LENGTH = 4_000;

const FIELDS = [
  "state",
  "health",
  ...WORD_FIELDS,
  "label.NAME",
  "text",
  ...DURATION_FIELDS,
  ...COUNT_FIELDS,
];

const STATE_GROUPS: Readonly<Record<string, readonly TaskState[]>> = {
  open: OPEN_STATES,
  ended: FINAL_STATES,
};

/**
 * Reads a filter. Blanks separate its terms, and all terms must hold. A `-` before a term negates it. An example:
 * `state:running,paused product:ack type:cluster_* label.env=prod age>10m attempts>3 text:"disk full"`
 * @throws DomainError `InvalidParameter` with `position` (from 1), `found` and `expected`.
 */
export function parseFilter(text: string): Filter {
  const scanner = new Scanner(text);
  if (text.length > MAX_FILTER_LENGTH) {
    const found = `${text.length} characters`;
    throw scanner.syntaxError(`at most ${MAX_FILTER_LENGTH} characters`, found);
  }
  const terms: Term[] = [];
  for (;;) {
    scanner.skipBlanks();
    if (scanner.done) return { terms };
    terms.push(term(scanner));
  }
}

function term(scanner: Scanner): Term {
  const { position } = scanner;
  const negated = scanner.take(/-/y) !== "";
  const at = scanner.position;
  const field = scanner.take(/[A-Za-z]+/y);
  const condition = conditionOf(scanner, field, at);
  if (!scanner.done && scanner.take(/\s/y) === "") throw scanner.syntaxError("a blank or a comma");
  return { negated, position, condition };
}

function conditionOf(scanner: Scanner, field: string, at: number): Condition {
  const word = WORD_FIELDS.find((known) => known === field);
  if (word !== undefined) return { field: word, values: values(scanner).map(pattern) };
  const number = [...DURATION_FIELDS, ...COUNT_FIELDS].find((known) => known === field);
  if (number !== undefined) return comparison(scanner, number);
  switch (field) {
    case "state":
      return { field, values: values(scanner).flatMap((value) => states(scanner, value)) };
    case "health":
      return { field, values: values(scanner).map((value) => oneOf(scanner, value, HEALTHS)) };
    case "label":
      return label(scanner);
    case "text":
      return { field, values: values(scanner).map((value) => value.text.toLowerCase()) };
    default: {
      const expected = `one of ${FIELDS.join(", ")}`;
      throw field === ""
        ? scanner.syntaxError(expected)
        : scanner.syntaxError(expected, JSON.stringify(field), at);
    }
  }
}

function values(scanner: Scanner): readonly Value[] {
  if (scanner.take(/[:=]/y) === "") throw scanner.syntaxError('":" and a value');
  const found = [scanner.value("a value")];
  while (scanner.take(/,/y) !== "") found.push(scanner.value("a value after the comma"));
  return found;
}

function pattern({ text, quoted }: Value) {
  return { text, wild: !quoted && text.includes("*") };
}

function states(scanner: Scanner, value: Value): readonly TaskState[] {
  const group = Object.hasOwn(STATE_GROUPS, value.text) ? STATE_GROUPS[value.text] : undefined;
  return group ?? [oneOf(scanner, value, TASK_STATES, Object.keys(STATE_GROUPS))];
}

function oneOf<T extends string>(
  scanner: Scanner,
  value: Value,
  known: readonly T[],
  more: readonly string[] = [],
): T {
  const found = known.find((candidate) => candidate === value.text);
  if (found !== undefined) return found;
  const expected = `one of ${[...known, ...more].join(", ")}`;
  throw scanner.syntaxError(expected, JSON.stringify(value.text), value.position);
}

function label(scanner: Scanner): Condition {
  if (scanner.take(/\./y) === "") throw scanner.syntaxError('"." and the name of a label');
  const name = scanner.take(/"/y) === "" ? scanner.take(/[^\s:=,"]+/y) : quotedName(scanner);
  if (name === "") throw scanner.syntaxError("the name of a label");
  return { field: "label", name, values: values(scanner).map(pattern) };
}

function quotedName(scanner: Scanner): string {
  const name = scanner.take(/[^"]*/y);
  if (scanner.take(/"/y) === "") throw scanner.syntaxError('a closing "');
  return name;
}

function comparison(scanner: Scanner, field: NumberField): Condition {
  const sign = scanner.take(/>=|<=|[><=:]/y);
  if (sign === "") throw scanner.syntaxError("one of >, >=, <, <=, =");
  const isDuration = DURATION_FIELDS.some((name) => name === field);
  const expected = isDuration ? "a duration such as 10m, 1h30m or 500ms" : "a whole number";
  const found = scanner.value(expected);
  const value = isDuration ? parseDuration(found.text) : count(found.text);
  if (value === undefined) {
    throw scanner.syntaxError(expected, JSON.stringify(found.text), found.position);
  }
  return { field, comparison: (sign === ":" ? "=" : sign) as Comparison, value };
}

function count(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
