import type { TaskState } from "../core/task.ts";
import type { Health } from "../engine/health.ts";

/** Fields whose values are words; `*` stands for any run of characters. */
export const WORD_FIELDS = [
  "id",
  "product",
  "type",
  "target",
  "parent",
  "fork",
  "key",
  "actor",
  "error",
] as const;
export type WordField = (typeof WORD_FIELDS)[number];

/** Fields that are compared: spans in ms, and counts. */
export const SPAN_FIELDS = ["age", "duration"] as const;
export const COUNT_FIELDS = ["attempts", "priority"] as const;
export type NumberField = (typeof SPAN_FIELDS)[number] | (typeof COUNT_FIELDS)[number];

const COMPARISONS = [">", ">=", "<", "<=", "="] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** One condition. Several values of a term are alternatives. */
export type Condition =
  | { readonly field: "state"; readonly values: readonly TaskState[] }
  | { readonly field: "health"; readonly values: readonly Health[] }
  | { readonly field: WordField; readonly values: readonly Pattern[] }
  | { readonly field: "label"; readonly name: string; readonly values: readonly Pattern[] }
  | { readonly field: "text"; readonly values: readonly string[] }
  | { readonly field: NumberField; readonly comparison: Comparison; readonly value: number };

/** A word, and whether `*` in it stands for anything: it does not where it was written in quotes. */
export interface Pattern {
  readonly text: string;
  readonly wild: boolean;
}

export interface Term {
  readonly negated: boolean;
  /** Where it begins in the text, counted from 1. */
  readonly position: number;
  readonly condition: Condition;
}

/** All terms must hold. No terms: everything matches. */
export interface Filter {
  readonly terms: readonly Term[];
}

/** Both filters must hold. */
export function both(one: Filter, other: Filter): Filter {
  return { terms: [...one.terms, ...other.terms] };
}

/** What the answer depends on besides the task: the present moment, or how the executor sees it. */
export function dependsOnNow({ terms }: Filter): boolean {
  return terms.some(({ condition: { field } }) => field === "health" || isSpan(field));
}

/** Whether the answer can differ between two versions of one task. */
export function dependsOnVersion({ terms }: Filter): boolean {
  const fixed = [
    "id",
    "product",
    "type",
    "target",
    "parent",
    "fork",
    "key",
    "actor",
    "label",
    "priority",
  ];
  return terms.some(({ condition: { field } }) => !fixed.includes(field));
}

function isSpan(field: string): boolean {
  return SPAN_FIELDS.some((span) => span === field);
}
