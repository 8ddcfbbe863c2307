import type { Row } from "./rows.ts";
import { DamagedRow } from "./sums.ts";

/** Damaged rows that are told apart; beyond that, each is counted once more whenever it is met. */
const MOST_KNOWN = 10_000;

/** Called once for each damaged row that was left out, with words such as `the task T-1: …`. */
export type DamageListener = (what: string) => void;

/**
 * Leaves rows out of lists that cannot be read, so that one of them breaks no list; counts them and tells of each once. Whoever
 * asks for such a row by its name gets the error.
 */
export class UnreadableRows {
  readonly #listener: DamageListener;
  readonly #known = new Set<string>();
  /** How many different rows were left out since the start. */
  count = 0;

  constructor(listener: DamageListener = () => {}) {
    this.#listener = listener;
  }

  /** What `read` makes of those rows that can be read, in their order. @throws what is no damage of a row */
  readable<T>(
    rows: readonly Row[],
    nameOf: (row: Row) => string,
    read: (row: Row) => T,
  ): readonly T[] {
    return rows.flatMap((row) => {
      try {
        return [read(row)];
      } catch (error) {
        if (!(error instanceof DamagedRow)) throw error;
        this.#leftOut(nameOf(row), error);
        return [];
      }
    });
  }

  /** What is asked for by its name: it is counted and told of as well. @throws DamagedRow with the name */
  named<T>(name: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof DamagedRow)) throw error;
      this.#leftOut(name, error);
      throw new DamagedRow(`${name}: ${error.message}`, { cause: error });
    }
  }

  #leftOut(name: string, { message }: DamagedRow): void {
    if (this.#known.has(name)) return;
    if (this.#known.size < MOST_KNOWN) this.#known.add(name);
    this.count += 1;
    this.#listener(`${name}: ${message}`);
  }
}

export function taskName({ id }: Row): string {
  return `the task ${id}`;
}

export function entryName({ taskId, position }: Row): string {
  return `the entry ${position} in the log of the task ${taskId}`;
}

export function resourceName({ kind, id }: Row): string {
  return `the ${kind} ${id}`;
}
