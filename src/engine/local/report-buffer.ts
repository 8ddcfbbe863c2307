import { isStoreAway } from "../../core/errors.ts";
import type { StepReport } from "../../core/events.ts";
import type { Item, Notice, SubtaskSummary, Task } from "../../core/task.ts";

export interface MutableReport extends Mutable<Omit<StepReport, "items" | "notices" | "subtasks">> {
  items?: Item[];
  notices?: Notice[];
  subtasks?: SubtaskSummary[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The pause before reports that could not be written are sent again, in ms. */
const RETRY_MS = 1_000;

/** How a report is sent. Resolves with the task that has it. */
type Send = (report: StepReport) => Promise<Task>;

/** Does the work after that many ms. */
type Later = (ms: number, work: () => void) => void;

/**
 * Collects the reports of an attempt, and sends those of one turn of the event loop in one append. Each append writes the
 * whole row of the task, so the reports of a task with very many entries go out together after a short pause.
 */
export class ReportBuffer {
  readonly #send: Send;
  readonly #refused: (error: unknown) => void;
  readonly #later: Later;
  #unsent: MutableReport | undefined;
  /** The index of each item in the unsent report, by id: a step may report thousands of items in one turn. */
  #itemIndex: Map<string, number> | undefined;
  #subtaskIndex: Map<string, number> | undefined;
  #sending = false;
  #underWay: Promise<void> | undefined;
  /** True once the attempt has ended: the buffer sends nothing by itself any more. */
  #over = false;

  constructor(send: Send, refused: (error: unknown) => void, later: Later) {
    this.#send = send;
    this.#refused = refused;
    this.#later = later;
  }

  /** From now on reports are dropped. */
  close(): void {
    this.#over = true;
  }

  /**
   * Returns the reports that were not sent or not written: they are written with the attempt's end. Later reports are
   * dropped.
   */
  async finish(): Promise<StepReport | undefined> {
    this.#over = true;
    await this.#underWay;
    return this.#take();
  }

  item(item: Item): void {
    this.add((report) => {
      report.items ??= [];
      this.#itemIndex ??= indexOf(report.items);
      place(report.items, this.#itemIndex, item);
    });
  }

  notice(notice: Notice): void {
    this.add((report) => {
      report.notices ??= [];
      report.notices.push(notice);
    });
  }

  subtask(summary: SubtaskSummary): void {
    this.add((report) => {
      report.subtasks ??= [];
      this.#subtaskIndex ??= indexOf(report.subtasks);
      place(report.subtasks, this.#subtaskIndex, summary);
    });
  }

  progress(basisPoints: number): void {
    this.add((report) => setHigher(report, basisPoints));
  }

  add(change: (report: MutableReport) => void): void {
    if (this.#over) return;
    this.#unsent ??= {};
    change(this.#unsent);
    if (this.#sending) return;
    this.#sending = true;
    setImmediate(() => this.#start());
  }

  #take(): MutableReport | undefined {
    const unsent = this.#unsent;
    this.#unsent = undefined;
    this.#itemIndex = undefined;
    this.#subtaskIndex = undefined;
    return unsent;
  }

  #start(): void {
    this.#underWay = this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    while (this.#unsent !== undefined && !this.#over) {
      const report = this.#take() ?? {};
      try {
        const pauseMs = pauseAfter(await this.#send(report));
        if (pauseMs === 0) continue;
        this.#later(pauseMs, () => this.#start()); // does nothing if `finish` has taken the rest by then
        return;
      } catch (error) {
        this.#refused(error);
        if (!isStoreAway(error)) continue; // the attempt is over
        this.#unsent = mergeReports(report, this.#take());
        this.#later(RETRY_MS, () => this.#start());
        return;
      }
    }
    this.#sending = false;
  }
}

/** Fewer entries than this make no pause. */
const FEW = 256;
/** With ten thousand entries, a megabyte or two, the row is written twice a second at most. */
const ENTRIES_PER_MS = 20;

/** The pause after a report, in ms: the row is written so often that its bytes per second stay about the same. */
function pauseAfter({ items, steps }: Task): number {
  let entries = items.length;
  for (const { subtasks } of steps) if (subtasks !== undefined) entries += subtasks.length;
  return entries < FEW ? 0 : Math.ceil(entries / ENTRIES_PER_MS);
}

function mergeReports(earlier: MutableReport, later: MutableReport = {}): MutableReport {
  const merged: MutableReport = { ...earlier, ...later };
  if (earlier.progress !== undefined) setHigher(merged, earlier.progress);
  if (earlier.outputs) merged.outputs = { ...earlier.outputs, ...later.outputs };
  if (earlier.attributes) merged.attributes = { ...earlier.attributes, ...later.attributes };
  if (earlier.notices) merged.notices = [...earlier.notices, ...(later.notices ?? [])];
  if (earlier.items) merged.items = newest(earlier.items, later.items);
  if (earlier.subtasks) merged.subtasks = newest(earlier.subtasks, later.subtasks);
  return merged;
}

interface Entry {
  readonly id: string;
}

function newest<T extends Entry>(earlier: readonly T[], later: readonly T[] = []): T[] {
  return [...new Map([...earlier, ...later].map((entry) => [entry.id, entry])).values()];
}

function indexOf(list: readonly Entry[]): Map<string, number> {
  return new Map(list.map(({ id }, at) => [id, at]));
}

/** Replaces the entry with the same id where it stands, or adds it. */
function place<T extends Entry>(list: T[], index: Map<string, number>, entry: T): void {
  const known = index.get(entry.id);
  if (known === undefined) index.set(entry.id, list.push(entry) - 1);
  else list[known] = entry;
}

function setHigher(report: MutableReport, progress: number): void {
  if (report.progress === undefined || progress > report.progress) report.progress = progress;
}
