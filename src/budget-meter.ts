import { type Budgets, DEFAULT_BUDGETS } from "./budgets.ts";
import { FIELD_LIMITS } from "./core/values/field-limits.ts";

export type BudgetName = keyof Budgets | keyof typeof FIELD_LIMITS;

/** One bound at this moment. */
export interface BudgetReading {
  readonly name: BudgetName;
  readonly most: number;
  /** How much of it is in use; undefined: it bounds one thing at a time. */
  readonly used: number | undefined;
  /** How often something went beyond it since the start. */
  readonly reached: number;
}

/** The bounds as they are set, how much of each is in use, and how often it was reached. */
export class BudgetMeter {
  readonly budgets: Budgets;
  readonly #used = new Map<BudgetName, () => number>();
  readonly #reached = new Map<BudgetName, number>();

  constructor(set: Partial<Budgets> = {}) {
    this.budgets = { ...DEFAULT_BUDGETS, ...set };
  }

  /** Counts that something went beyond the bound. */
  readonly reached = (name: BudgetName): void => {
    this.#reached.set(name, (this.#reached.get(name) ?? 0) + 1);
  };

  /** From now on `read` tells how much of the bound is in use. */
  uses(name: BudgetName, read: () => number): void {
    this.#used.set(name, read);
  }

  readings(): readonly BudgetReading[] {
    return Object.entries({ ...FIELD_LIMITS, ...this.budgets }).map(([key, most]) => {
      const name = key as BudgetName;
      const used = this.#used.get(name)?.();
      return { name, most, used, reached: this.#reached.get(name) ?? 0 };
    });
  }
}
