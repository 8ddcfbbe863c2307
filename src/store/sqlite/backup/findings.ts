import { sqliteCode } from "../file/failure.ts";
import { DamagedRow } from "../sums.ts";

export interface DamagedRows {
  readonly count: number;
  /** What is wrong with each of the first of them. */
  readonly rows: readonly string[];
}

/** Says what is wrong with a database or a row. */
export class Damage extends Error {
  override readonly name = "Damage";
}

/** How many damaged rows are named; the others are counted. */
const MOST_NAMED = 100;

/** The damaged rows that were found so far. */
export class Findings {
  readonly #rows: string[] = [];
  #count = 0;

  /** Checks one row, and notes what is wrong with it. @throws what SQLite throws: then no row can be read. */
  row(name: string, check: () => void): void {
    try {
      check();
    } catch (error) {
      if (sqliteCode(error) !== undefined && !(error instanceof DamagedRow)) throw error;
      this.note(error instanceof Damage ? error.message : `${name}: ${messageOf(error)}`);
    }
  }

  note(what: string): void {
    this.#count++;
    if (this.#rows.length < MOST_NAMED) this.#rows.push(what);
  }

  add({ count, rows }: DamagedRows): void {
    this.#count += count;
    this.#rows.push(...rows.slice(0, MOST_NAMED - this.#rows.length));
  }

  result(): { readonly damaged?: DamagedRows } {
    return this.#count === 0 ? {} : { damaged: { count: this.#count, rows: this.#rows } };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
