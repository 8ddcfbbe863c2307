import type { Task } from "../../../core/task.ts";
import type { TaskService } from "../../../engine/task-service.ts";
import { parseFilter } from "../../../filter/parse.ts";
import { scan } from "../../../filter/scan.ts";
import type { TaskCount } from "../../../store/store.ts";

/** So many tasks are looked at, newest first. */
const MOST_COUNTED = 50_000;
const PAGE = 200;

/**
 * The counts of those tasks that the caller may read. The sums of the store know nothing of rights, so the tasks are counted
 * one by one, up to a limit; `more` says that there are others.
 */
export async function countReadable(
  service: TaskService,
  account: string,
  may: (task: Task) => boolean,
): Promise<{ readonly counts: readonly TaskCount[]; readonly more: boolean }> {
  const filter = parseFilter("");
  const counts = new Map<string, TaskCount>();
  let cursor: string | undefined;
  let scanned = 0;
  do {
    const page = await scan(service, { account, filter, cursor, limit: PAGE, now: 0, may });
    for (const task of page.tasks) add(counts, task);
    scanned += page.scanned;
    cursor = page.next;
  } while (cursor !== undefined && scanned < MOST_COUNTED);
  return { counts: [...counts.values()].sort(byName), more: cursor !== undefined };
}

function add(counts: Map<string, TaskCount>, { product, type, state }: Task): void {
  const key = JSON.stringify([product, type, state]);
  const { count } = counts.get(key) ?? { count: 0 };
  counts.set(key, { product, type, state, count: count + 1 });
}

function byName(a: TaskCount, b: TaskCount): number {
  const [left, right] = [a, b].map(({ product, type, state }) => `${product} ${type} ${state}`);
  return (left ?? "") < (right ?? "") ? -1 : 1;
}
