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
  bytes: number;
}

/** How much more each account has stored, in bytes. */
export type StoredBytes = ReadonlyMap<string, number>;

/**
 * Counts tasks by account, product, type and state, and what they take up. The changes of a transaction are added up and written with it, so
 * that a batch of any size writes few rows.
 */
export class TaskCounts {
  readonly #add: StatementSync;
  readonly #deltas = new Map<string, Delta>();

  constructor(db: DatabaseSync) {
    this.#add = db.prepare(ADD_COUNT);
  }

  /** Counts a change of a task's state from `from` (undefined: it is new) to the present one, and the bytes that it adds. */
  moved(task: AppendItem, from: string | undefined, bytes: number): void {
    if (from === task.state) this.#change(task, from, 0, bytes);
    else {
      if (from !== undefined) this.#change(task, from, -1, 0);
      this.#change(task, task.state, 1, bytes);
    }
  }

  removed(task: CountedTask, state: string, bytes: number): void {
    this.#change(task, state, -1, -bytes);
  }

  /** Writes the changes; the caller has opened the transaction. @returns the bytes of each account */
  flush(): StoredBytes {
    const stored = new Map<string, number>();
    for (const { account, product, type, state, by, roots, bytes } of this.#deltas.values()) {
      if (by !== 0 || roots !== 0 || bytes !== 0) {
        this.#add.run(account, product, type, state, by, roots, bytes);
      }
      if (bytes !== 0) stored.set(account, (stored.get(account) ?? 0) + bytes);
    }
    this.#deltas.clear();
    return stored;
  }

  #change(
    { account, product, type, parentId }: CountedTask,
    state: string,
    by: number,
    bytes: number,
  ): void {
    // The lengths make the key unambiguous for all names.
    const key = `${account.length} ${product.length} ${account}${product}${type} ${state}`;
    const delta = this.#deltas.get(key);
    const roots = parentId === null ? by : 0;
    if (delta) {
      delta.by += by;
      delta.roots += roots;
      delta.bytes += bytes;
    } else this.#deltas.set(key, { account, product, type, state, by, roots, bytes });
  }
}
