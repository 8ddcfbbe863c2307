import type { Task } from "../core/task.ts";

/** The number of latest durations that are kept for each type. */
const KEPT = 200;
/** With fewer durations than this, no percentile is given. */
const ENOUGH = 20;

/** The usual duration of each type's tasks, measured on those that succeeded since this process started. */
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

  /** The 95th percentile of the task's type, in ms; undefined while fewer than `ENOUGH` durations are known. */
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
