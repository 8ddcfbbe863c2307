import { type Budgets, DEFAULT_BUDGETS } from "../budgets.ts";
import type { TaskService } from "../engine/task-service.ts";
import type { Position, RecordedEvents } from "../store/store.ts";
import { KeptBytes, memoryBytes, type Reached } from "./kept-bytes.ts";

/** The log of an account, or of one of its tasks. */
export interface LogOf {
  readonly account: string;
  readonly taskId?: string;
}

/** Every entry of the log behind `after`, up to `last`. */
interface Page {
  readonly log: string;
  readonly after: Position;
  readonly last: Position;
  readonly entries: readonly RecordedEvents[];
}

/** So many entries are in a page at most, however small they are. */
const PAGE = 500;

/**
 * Reads the logs for all subscribers together. What one has read, others at the same place need not read, and a reader that
 * rests keeps nothing itself: it comes back for the rest of its page. What was written never changes, so a page is as good
 * as the log; where the log goes on behind the last one, the store is asked.
 */
export class LogPages {
  readonly #events: TaskService["events"];
  readonly #pageBytes: number;
  readonly #reached: Reached;
  readonly #kept: KeptBytes<Page>;
  /** The pages of each log that are kept, in the order of the log. None reaches into the next. */
  readonly #logs = new Map<string, Page[]>();
  readonly #underWay = new Map<string, Promise<readonly RecordedEvents[]>>();

  /** @param reached is called with the name of a bound that was reached. */
  constructor(
    events: TaskService["events"],
    { logPageBytes, sharedLogBytes }: Budgets = DEFAULT_BUDGETS,
    reached: Reached = () => {},
  ) {
    this.#events = events;
    this.#pageBytes = logPageBytes;
    this.#reached = reached;
    this.#kept = new KeptBytes(sharedLogBytes, (page) => this.#forget(page));
  }

  /** What the pages that are kept take in memory, about. */
  get bytes(): number {
    return this.#kept.bytes;
  }

  /** The next entries behind this position, in order. None: the log ended there when the store was asked, after this call. */
  async after(of: LogOf, after: Position): Promise<readonly RecordedEvents[]> {
    const log = of.taskId === undefined ? of.account : `${of.account}\n${of.taskId}`;
    const known = this.#find(log, after);
    if (known !== undefined) return known;
    const name = nameOf(log, after);
    const another = this.#underWay.get(name);
    if (another !== undefined) {
      const entries = await another;
      // That there was none says nothing of what was written since the other one asked.
      if (entries.length > 0) return entries;
    }
    const reading = this.#read(of, log, after);
    this.#underWay.set(name, reading);
    try {
      return await reading;
    } finally {
      if (this.#underWay.get(name) === reading) this.#underWay.delete(name);
    }
  }

  #find(log: string, after: Position): readonly RecordedEvents[] | undefined {
    const page = this.#logs.get(log)?.findLast((one) => one.after <= after);
    if (page === undefined || page.last <= after) return undefined;
    this.#kept.get(nameOf(log, page.after));
    if (page.after === after) return page.entries;
    return page.entries.slice(page.entries.findIndex(({ position }) => position > after));
  }

  async #read(of: LogOf, log: string, after: Position): Promise<readonly RecordedEvents[]> {
    const entries = await this.#events({ ...of, after, limit: PAGE, bytes: this.#pageBytes });
    if (entries.length === 0) return entries;
    const next = this.#logs.get(log)?.find((page) => page.after > after);
    if (next === undefined) return this.#keep(log, after, entries);
    // Readers that began at different places meet at the beginning of a page, and share all that follow.
    const before = entries.filter(({ position }) => position <= next.after);
    return before.length === 0 ? next.entries : this.#keep(log, after, before);
  }

  #keep(log: string, after: Position, entries: readonly RecordedEvents[]) {
    const pages = this.#logs.get(log) ?? [];
    const page = { log, after, last: entries.at(-1)?.position ?? after, entries };
    const at = pages.findIndex((one) => one.after > after);
    pages.splice(at < 0 ? pages.length : at, 0, page);
    this.#logs.set(log, pages);
    // With each entry the message is kept that is made of it for streams, which has half the bytes.
    const bytes = entries.reduce((sum, { events }) => sum + 1.5 * memoryBytes(events), 0);
    this.#kept.put(nameOf(log, after), page, bytes);
    return entries;
  }

  #forget(page: Page): void {
    this.#reached("sharedLogBytes");
    const pages = this.#logs.get(page.log);
    const at = pages?.indexOf(page) ?? -1;
    if (at >= 0) pages?.splice(at, 1);
    if (pages?.length === 0) this.#logs.delete(page.log);
  }
}

function nameOf(log: string, after: Position): string {
  return `${log}\n${after}`;
}
