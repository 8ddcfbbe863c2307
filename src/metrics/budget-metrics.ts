import type { Family, Reading, ScrapedFamily } from "./registry.ts";

/** One bound, how much of it is in use, and how often something went beyond it. */
interface BudgetReading {
  readonly name: string;
  readonly most: number;
  readonly used: number | undefined;
  readonly reached: number;
}

/** The bounds in bytes and numbers, and what became of them. */
export function budgetFamilies(read: () => readonly BudgetReading[]): readonly Family[] {
  const family = (
    type: ScrapedFamily["type"],
    name: string,
    help: string,
    value: (reading: BudgetReading) => number | undefined,
  ): ScrapedFamily => ({
    type,
    name,
    help,
    labelNames: ["budget"],
    read: () => read().flatMap((reading) => valued(reading.name, value(reading))),
  });
  return [
    family("gauge", "taskscribe_budget", "Each bound (docs/budgets.md).", ({ most }) => most),
    family(
      "gauge",
      "taskscribe_budget_used",
      "How much of it is in use, where it bounds what is there together.",
      ({ used }) => used,
    ),
    family(
      "counter",
      "taskscribe_budget_reached_total",
      "Times that something went beyond it.",
      ({ reached }) => reached,
    ),
  ];
}

function valued(budget: string, value: number | undefined): readonly Reading[] {
  return value === undefined ? [] : [{ labels: [budget], value }];
}
