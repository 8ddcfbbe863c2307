import { DomainError } from "../../core/errors.ts";
import type { StepReport } from "../../core/events.ts";
import type { Item, Notice, SubtaskSummary } from "../../core/task.ts";

export interface MutableReport extends Mutable<Omit<StepReport, "items" | "notices" | "subtasks">> {
  items?: Item[];
  notices?: Notice[];
  subtasks?: SubtaskSummary[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Collects the reports of an attempt, and sends those of one turn of the event loop in one append. */
export class ReportBuffer {
  readonly #send: (report: StepReport) => Promise<unknown>;
  readonly #refused: (error: unknown) => void;
  readonly #later: (work: () => void) => void;
  #unsent: MutableReport | undefined;
  /** The index of each item in the unsent report, by id: a step may report thousands of items in one turn. */
  #itemIndex: Map<string, number> | undefined;
  #subtaskIndex: Map<string, number> | undefined;
  #sending = false;
  #underWay: Promise<void> | undefined;
  /** True once the attempt has ended: the buffer sends nothing by itself any more. */
  #over = false;

  constructor(
    send: (report: StepReport) => Promise<unknown>,
    refused: (error: unknown) => void,
    later: (work: () => void) => void,
  ) {
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
      this.#itemIndex ??= new Map();
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
      this.#subtaskIndex ??= new Map();
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
        await this.#send(report);
      } catch (error) {
        this.#refused(error);
        if (!(error instanceof DomainError) || error.code !== "StoreUnavailable") continue; // the attempt is over
        this.#unsent = mergeReports(report, this.#take());
        this.#later(() => this.#start()); // does nothing if `finish` has taken it by then
        return;
      }
    }
    this.#sending = false;
  }
}

function mergeReports(earlier: MutableReport, later: MutableReport = {}): MutableReport {
  const merged: MutableReport = { ...earlier, ...later };
  if (earlier.progress !== undefined) setHigher(merged, earlier.progress);
  if (earlier.outputs) merged.outputs = { ...earlier.outputs, ...later.outputs };
  if (earlier.attributes) merged.attributes = { ...earlier.attributes, ...later.attributes };
  if (earlier.notices) merged.notices = [...earlier.notices, ...(later.notices ?? [])];
  if (earlier.items) merged.items = [...earlier.items, ...(later.items ?? [])];
  if (earlier.subtasks) merged.subtasks = [...earlier.subtasks, ...(later.subtasks ?? [])];
  return merged;
}

/** Replaces the entry with the same id where it stands, or adds it. */
function place<T extends { readonly id: string }>(
  list: T[],
  index: Map<string, number>,
  entry: T,
): void {
  const known = index.get(entry.id);
  if (known === undefined) index.set(entry.id, list.push(entry) - 1);
  else list[known] = entry;
}

function setHigher(report: MutableReport, progress: number): void {
  if (report.progress === undefined || progress > report.progress) report.progress = progress;
}
