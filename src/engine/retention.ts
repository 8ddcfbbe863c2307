import type { Clock } from "../clock.ts";
import { FINAL_STATES, type FinalState } from "../core/task.ts";
import type { Log } from "../log.ts";
import type { ArchivedTask, Store } from "../store/store.ts";

/** How long ended tasks stay in the lists, by state, in ms after their end. A state that is absent: for ever. */
export type Retention = Readonly<Partial<Record<FinalState, number>>>;

/** The pause between two searches for tasks to archive. */
const LOOK_EVERY_MS = 60_000;
/** The number of tasks archived in one transaction: small, so that other work does not wait long. */
const AT_ONCE = 100;

/** So many tasks are named in a warning. */
const NAMED = 20;

export interface ArchiverOptions {
  readonly store: Pick<Store, "listEnded" | "archive">;
  readonly clock: Clock;
  readonly log: Log;
  readonly retention: Retention;
  /** Called with the tasks that have left the lists, so that counts of tasks can be corrected. */
  readonly archived: (tasks: readonly ArchivedTask[]) => void;
}

/** Moves ended tasks to the archive when their retention is over. Has no state in memory, so it can stop at any moment. */
export class Archiver {
  readonly #options: ArchiverOptions;
  #stop = () => {};
  #stopped = false;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: ArchiverOptions) {
    this.#options = options;
  }

  start(): void {
    if (Object.keys(this.#options.retention).length > 0) this.#look();
  }

  /** Resolves when no search is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stop();
    await this.#looking;
  }

  #look(): void {
    const { clock, log } = this.#options;
    this.#looking = this.#archiveAll()
      .catch((error: unknown) => log.warn({ error }, "ended tasks were not archived; trying later"))
      .then(() => {
        if (this.#stopped) return;
        this.#stop = clock.after(LOOK_EVERY_MS, () => this.#look());
      });
  }

  async #archiveAll(): Promise<void> {
    const { retention, clock, store, log, archived } = this.#options;
    for (const state of FINAL_STATES) {
      const keptMs = retention[state];
      if (keptMs === undefined) continue;
      let count = 0;
      const left: string[] = [];
      for (let more = true; more && !this.#stopped; ) {
        // What cannot be read stays where it is, and is gone past: it keeps nothing else from the archive.
        const ids = await store.listEnded(state, clock.now() - keptMs, AT_ONCE, left.at(-1));
        const moved = ids.length === 0 ? [] : await store.archive(ids);
        archived(moved);
        count += moved.length;
        const gone = new Set(moved.map(({ taskId }) => taskId));
        left.push(...ids.filter((id) => !gone.has(id)));
        more = ids.length === AT_ONCE;
      }
      if (left.length > 0) {
        const about = { state, tasks: left.length, taskIds: left.slice(0, NAMED) };
        log.warn(about, "ended tasks cannot be archived and stay; run taskscribe verify");
      }
      if (count > 0) log.info({ state, tasks: count }, "ended tasks were archived");
    }
  }
}
