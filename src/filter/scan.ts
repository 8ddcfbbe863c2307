import type { Task } from "../core/task.ts";
import type { Health } from "../engine/health.ts";
import { type LoopTurns, Pace, type WalkPage, walk } from "../pace.ts";
import type { Filter } from "./filter.ts";
import { predicateOf } from "./predicate.ts";
import { type Pushdown, split } from "./pushdown.ts";

export interface ScanQuery extends Pushdown {
  readonly account: string;
  readonly cursor?: string;
  readonly limit: number;
}

/** The part of the task service that a scan uses. */
export interface ScanSource {
  list(query: ScanQuery): Promise<{ readonly tasks: readonly Task[]; readonly next?: string }>;
  health(task: Task): { readonly health: Health | undefined };
}

export interface ScanRequest {
  readonly account: string;
  readonly filter: Filter;
  readonly cursor?: string | undefined;
  /** The largest number of tasks to return. */
  readonly limit: number;
  /** In ms since 1970. */
  readonly now: number;
  /** Used instead of the pushdown of the filter, for queries about the past. */
  readonly pushdown?: Pushdown;
  /** Whether the caller may see the task; absent: it may see every task of the account. */
  readonly may?: ((task: Task) => boolean) | undefined;
  /** Divides the scan into turns of the event loop; the process's own turns if absent. */
  readonly turns?: LoopTurns | undefined;
}

export interface ScanPage {
  readonly tasks: readonly Task[];
  /** The cursor of the next page, if there may be one. This page may have few tasks or none nevertheless. */
  readonly next?: string;
  /** How many rows were read. */
  readonly scanned: number;
}

/** The largest number of rows that one call reads. At worst this takes a few hundred ms, and other requests run in between. */
export const MAX_SCANNED = 5_000;
const EVERY_TASK = () => true;
const END = { items: [], next: undefined };
const MAX_PAGE_ROWS = 200;
const MAX_READS = 500;

/**
 * The tasks that match the filter, newest first. What no index answers is checked row by row, up to a limit for each call. A
 * page of the store is always used completely, so the cursor skips no task and shows none twice, even if tasks are added in
 * the meantime.
 */
export async function scan(source: ScanSource, request: ScanRequest): Promise<ScanPage> {
  const { account, filter, limit, now, may = EVERY_TASK } = request;
  const pace = new Pace(account, request.turns);
  const { pushdown, whole: isAnswered } = split(filter);
  const whole = isAnswered && may === EVERY_TASK;
  const query = { account, ...(request.pushdown ?? pushdown) };
  const fits = predicateOf(filter);
  const found: Task[] = [];
  let { cursor } = request;
  let [scanned, reads] = [0, 0];
  const isEnough = () =>
    // A page that is half full is returned: smaller and smaller reads would cost more than a second call.
    whole || found.length * 2 >= limit || scanned >= MAX_SCANNED || reads >= MAX_READS;
  const read = async (): Promise<WalkPage<Task, true>> => {
    if (reads > 0 && (cursor === undefined || isEnough())) return END;
    const size = whole ? limit : Math.min(limit - found.length, MAX_PAGE_ROWS);
    const from = cursor === undefined ? {} : { cursor };
    const page = await source.list({ ...query, ...from, limit: size });
    reads += 1;
    scanned += page.tasks.length;
    cursor = page.next;
    return { items: page.tasks, next: true };
  };
  await walk<Task, true>(pace, true, read, (task) => {
    if (fits({ task, now, health: () => source.health(task).health }) && may(task))
      found.push(task);
  });
  return { tasks: found, scanned, ...(cursor !== undefined && { next: cursor }) };
}
