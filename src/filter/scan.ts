import type { Task } from "../core/task.ts";
import type { Health } from "../engine/health.ts";
import type { Filter } from "./filter.ts";
import { predicateOf } from "./predicate.ts";
import { type Pushdown, split } from "./pushdown.ts";

export interface ScanQuery extends Pushdown {
  readonly account: string;
  readonly cursor?: string;
  readonly limit: number;
}

/** What a scan needs of the task service. */
export interface ScanSource {
  list(query: ScanQuery): Promise<{ readonly tasks: readonly Task[]; readonly next?: string }>;
  health(task: Task): { readonly health: Health | undefined };
}

export interface ScanRequest {
  readonly account: string;
  readonly filter: Filter;
  readonly cursor?: string | undefined;
  /** At most this many come back. */
  readonly limit: number;
  /** ms since the epoch. */
  readonly now: number;
  /** Replaces what the index answers, for whoever asks about the past. */
  readonly pushdown?: Pushdown;
}

export interface ScanPage {
  readonly tasks: readonly Task[];
  /** Present if there may be more, even if this page has few tasks or none. */
  readonly next?: string;
  /** Rows looked at. */
  readonly scanned: number;
}

/** What one call looks at most: a few hundred ms of one thread at worst, with others served in between. */
export const MAX_SCANNED = 5_000;
const MOST_AT_ONCE = 200;
const MAX_READS = 500;
const READS_IN_A_ROW = 5;

/**
 * Tasks that fit the filter, newest first. Where an index does not tell, rows are looked at one by one, a bounded
 * number a call. A page of the store is used up or not read: so the cursor never skips a task and never shows one
 * twice, however many are added meanwhile.
 */
export async function scan(source: ScanSource, request: ScanRequest): Promise<ScanPage> {
  const { account, filter, limit, now } = request;
  const { pushdown, whole } = split(filter);
  const asked = { account, ...(request.pushdown ?? pushdown) };
  const fits = predicateOf(filter);
  const found: Task[] = [];
  let { cursor } = request;
  let scanned = 0;
  for (let reads = 1; ; reads++) {
    const size = whole ? limit : Math.min(limit - found.length, MOST_AT_ONCE);
    const page = await source.list({
      ...asked,
      ...(cursor !== undefined && { cursor }),
      limit: size,
    });
    scanned += page.tasks.length;
    const health = (task: Task) => () => source.health(task).health;
    found.push(...page.tasks.filter((task) => fits({ task, now, health: health(task) })));
    cursor = page.next;
    if (cursor === undefined) return { tasks: found, scanned };
    // Half full is full enough: ever smaller pages would cost more than a second call.
    const enough = whole || found.length * 2 >= limit || scanned >= MAX_SCANNED;
    if (enough || reads >= MAX_READS) return { tasks: found, next: cursor, scanned };
    if (reads % READS_IN_A_ROW === 0) await otherWork();
  }
}

/** Lets other requests in: a store may answer without ever giving way. */
function otherWork(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
