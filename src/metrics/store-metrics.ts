import { type Family, gauge, Histogram, REQUEST_BOUNDS, total } from "./registry.ts";

/** What a store's writer has done. */
interface Written {
  readonly commits: number;
  readonly appends: number;
  /** Of the write-ahead log. */
  readonly logBytes: number;
}

/** How long appends take until they are durable, and how many share a commit. */
export class StoreMetrics {
  readonly #appends = new Histogram(
    "taskscribe_store_append_duration_seconds",
    "From an append to its durability, the wait for the commit before included.",
    REQUEST_BOUNDS,
  );
  readonly #cell = this.#appends.of();

  readonly appended = (ms: number): void => this.#cell.observe(ms / 1_000);

  families(written: () => Written): readonly Family[] {
    const appends = () => written().appends;
    return [
      this.#appends,
      total("taskscribe_store_appends_total", "Changes that were written.", appends),
      total(
        "taskscribe_store_commits_total",
        "Transactions they were written in: appends by commits is the size of a batch.",
        () => written().commits,
      ),
      gauge(
        "taskscribe_store_log_bytes",
        "The write-ahead log: beyond 100 MB, something keeps it from being emptied.",
        () => written().logBytes,
      ),
    ];
  }
}
