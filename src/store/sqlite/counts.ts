import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { AppendItem } from "./batch.ts";
import { ADD_COUNT } from "./statements.ts";

type CountedTask = Pick<AppendItem, "account" | "product" | "type" | "parentId">;

interface Delta {
  readonly account: string;
  readonly product: string;
  readonly type: string;
  readonly state: string;
  by: number;
  /** The part of `by` that is not of subtasks. */
  roots: number;
}

/**
 * Counts tasks by account, product, type and state. The changes of a transaction are added up and written with it, so
 * that a batch of any size writes few rows.
 */
export class TaskCounts {
  readonly #add: StatementSync;
  readonly #deltas = new Map<string, Delta>();

  constructor(db: DatabaseSync) {
    this.#add = db.prepare(ADD_COUNT);
  }

  /** Counts a change of a task's state from `from` (undefined: it is new) to the present one. */
  moved(task: AppendItem, from: string | undefined): void {
    if (from === task.state) return;
    if (from !== undefined) this.#change(task, from, -1);
    this.#change(task, task.state, 1);
  }

  removed(task: CountedTask, state: string): void {
    this.#change(task, state, -1);
  }

  /** Writes the changes; the caller has opened the transaction. */
  flush(): void {
    for (const { account, product, type, state, by, roots } of this.#deltas.values()) {
      if (by !== 0 || roots !== 0) this.#add.run(account, product, type, state, by, roots);
    }
    this.#deltas.clear();
  }

  #change({ account, product, type, parentId }: CountedTask, state: string, by: number): void {
    // The lengths make the key unambiguous for all names.
    const key = `${account.length} ${product.length} ${account}${product}${type} ${state}`;
    const delta = this.#deltas.get(key);
    const roots = parentId === null ? by : 0;
    if (delta) {
      delta.by += by;
      delta.roots += roots;
    } else this.#deltas.set(key, { account, product, type, state, by, roots });
  }
}
