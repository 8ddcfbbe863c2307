import { type Family, gauge, Histogram, REQUEST_BOUNDS, total } from "./registry.ts";

/** Counts of the writer of a store. */
interface WriterCounts {
  readonly commits: number;
  readonly appends: number;
  /** Size of the write-ahead log. */
  readonly logBytes: number;
  /** Different rows that cannot be read and were left out of a list since the start. */
  readonly damagedRows: number;
}

/** Measures the time until appends are durable, and how many appends share a commit. */
export class StoreMetrics {
  readonly #appends = new Histogram(
    "taskscribe_store_append_duration_seconds",
    "Time until an append is durable, including the wait for the commit before it.",
    REQUEST_BOUNDS,
  );
  readonly #cell = this.#appends.of();

  readonly appended = (ms: number): void => this.#cell.observe(ms / 1_000);

  families(written: () => WriterCounts): readonly Family[] {
    const appends = () => written().appends;
    return [
      this.#appends,
      total("taskscribe_store_appends_total", "Written appends.", appends),
      total(
        "taskscribe_store_commits_total",
        "Transactions of these appends. Appends divided by commits is the size of a batch.",
        () => written().commits,
      ),
      gauge(
        "taskscribe_store_log_bytes",
        "Size of the write-ahead log. Above 100 MB, something prevents its checkpoint.",
        () => written().logBytes,
      ),
      total(
        "taskscribe_store_damaged_rows_total",
        "Rows that cannot be read and were left out of lists. `taskscribe verify` names them.",
        () => written().damagedRows,
      ),
    ];
  }
}
