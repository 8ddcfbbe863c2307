import type { Task } from "../core/task.ts";

/** How many of the latest durations of a type count. */
const KEPT = 200;
/** Below this many, "usual" means nothing. */
const ENOUGH = 20;

/** How long tasks of each type usually take, from those that succeeded since the start. */
export class Durations {
  readonly #byType = new Map<string, { kept: number[]; next: number; p95: number | undefined }>();

  succeeded(task: Task): void {
    const type = nameOf(task);
    const ms = task.updatedAt - (task.startedAt ?? task.createdAt);
    let found = this.#byType.get(type);
    if (found === undefined) {
      found = { kept: [], next: 0, p95: undefined };
      this.#byType.set(type, found);
    }
    found.kept[found.next] = ms;
    found.next = (found.next + 1) % KEPT;
    found.p95 = undefined;
  }

  /** Of the task's type, in ms; undefined until enough is known. */
  p95(task: Task): number | undefined {
    const found = this.#byType.get(nameOf(task));
    if (found === undefined || found.kept.length < ENOUGH) return undefined;
    if (found.p95 === undefined) {
      const sorted = [...found.kept].sort((a, b) => a - b);
      found.p95 = sorted[Math.floor(sorted.length * 0.95)];
    }
    return found.p95;
  }
}

function nameOf({ product, type }: Task): string {
  return `${product} ${type}`;
}
