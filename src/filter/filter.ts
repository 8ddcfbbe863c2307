import type { TaskState } from "../core/task.ts";
import type { Health } from "../engine/health.ts";

/** Fields whose values are words. In them, `*` means any run of characters. */
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

/** Fields that are compared with a duration (in ms) or a count. */
export const DURATION_FIELDS = ["age", "duration"] as const;
export const COUNT_FIELDS = ["attempts", "priority"] as const;
export type NumberField = (typeof DURATION_FIELDS)[number] | (typeof COUNT_FIELDS)[number];

const COMPARISONS = [">", ">=", "<", "<=", "="] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** One condition. If it has several values, one of them must match. */
export type Condition =
  | { readonly field: "state"; readonly values: readonly TaskState[] }
  | { readonly field: "health"; readonly values: readonly Health[] }
  | { readonly field: WordField; readonly values: readonly Pattern[] }
  | { readonly field: "label"; readonly name: string; readonly values: readonly Pattern[] }
  | { readonly field: "text"; readonly values: readonly string[] }
  | { readonly field: NumberField; readonly comparison: Comparison; readonly value: number };

/** A word, and whether `*` in it means any run of characters. In quotes it does not. */
export interface Pattern {
  readonly text: string;
  readonly wild: boolean;
}

export interface Term {
  readonly negated: boolean;
  /** The position in the text where the term begins, counted from 1. */
  readonly position: number;
  readonly condition: Condition;
}

/** All terms must hold. A filter without terms matches every task. */
export interface Filter {
  readonly terms: readonly Term[];
}

/** Both filters must hold. */
export function both(one: Filter, other: Filter): Filter {
  return { terms: [...one.terms, ...other.terms] };
}

/** Whether the result depends on more than the task: on the present time, or on the state of the executor. */
export function dependsOnNow({ terms }: Filter): boolean {
  return terms.some(({ condition: { field } }) => field === "health" || isDurationField(field));
}

/** Whether the result can differ between two versions of one task. */
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

function isDurationField(field: string): boolean {
  return DURATION_FIELDS.some((name) => name === field);
}
