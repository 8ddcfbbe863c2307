import { DEFAULT_BUDGETS } from "../budgets.ts";
import { EVERYBODY, Pace, pages, walk } from "../pace.ts";
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
  /** The events of a page, in bytes. */
  readonly bytes?: number;
  readonly pace?: Pace;
}

/** Goes over a log in order, in turns of the event loop and by pages of so many bytes. `visit` ends it by returning false. */
export function walkLog(
  source: LogSource,
  query: LogWalk,
  visit: (entry: RecordedEvents) => unknown,
): Promise<void> {
  return walk(...pagesOf(source, query), visit);
}

/** The pages of a log in order, each read when it is asked for; none is empty. */
export async function* logPages(
  source: LogSource,
  query: LogWalk,
): AsyncGenerator<readonly RecordedEvents[], void, void> {
  for await (const page of pages(...pagesOf(source, query))) if (page.length > 0) yield page;
}

function pagesOf(source: LogSource, { after = 0, pace, ...given }: LogWalk) {
  const query = { bytes: DEFAULT_BUDGETS.logPageBytes, ...given };
  const read = async (from: Position) => {
    const items = await source.events({ ...query, after: from, limit: PAGE });
    return { items, next: items.at(-1)?.position };
  };
  return [pace ?? new Pace(query.account ?? EVERYBODY), after, read] as const;
}
