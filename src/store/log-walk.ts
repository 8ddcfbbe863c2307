import { DEFAULT_BUDGETS } from "../budgets.ts";
import { Pace, walk } from "../pace.ts";
import type { EventQuery, Position, RecordedEvents } from "./store.ts";

/** So many appends are in a page at most, however small they are. */
const PAGE = 500;

/** What reads a page of the log, as the task service does. */
export interface LogSource {
  events(query: EventQuery): Promise<readonly RecordedEvents[]>;
}

export interface LogWalk {
  /** All accounts when absent. */
  readonly account?: string;
  readonly taskId?: string;
  readonly after?: Position;
  readonly pace?: Pace;
}

/** Goes over a log in order, in turns of the event loop and by pages of so many bytes. `visit` ends it by returning false. */
export function walkLog(
  source: LogSource,
  { after = 0, pace, ...query }: LogWalk,
  visit: (entry: RecordedEvents) => unknown,
): Promise<void> {
  const bytes = DEFAULT_BUDGETS.logPageBytes;
  const read = async (from: Position) => {
    const items = await source.events({ ...query, after: from, limit: PAGE, bytes });
    return { items, next: items.at(-1)?.position };
  };
  return walk(pace ?? new Pace(query.account ?? ""), after, read, visit);
}
