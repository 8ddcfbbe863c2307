import type { Clock } from "../clock.ts";
import { FINAL_STATES, type FinalState } from "../core/task.ts";
import type { Log } from "../log.ts";
import type { ArchivedTask, Store } from "../store/store.ts";

/** How long tasks that ended in each state stay in the lists, in ms after their end. Absent: for ever. */
export type Retention = Readonly<Partial<Record<FinalState, number>>>;

/** Between two looks. */
const LOOK_EVERY_MS = 60_000;
/** As many are archived at once: few enough that other work is not held up. */
const AT_ONCE = 100;

export interface ArchiverOptions {
  readonly store: Pick<Store, "listEnded" | "archive">;
  readonly clock: Clock;
  readonly log: Log;
  readonly retention: Retention;
  /** Told of the tasks that have left the lists, so that whoever counts tasks can follow. */
  readonly archived: (tasks: readonly ArchivedTask[]) => void;
}

/** Moves ended tasks to the archive when their time has come. Keeps nothing in memory, so it may stop at any moment. */
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

  /** Resolves when nothing is under way. */
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
        this.#stop = clock.schedule(clock.now() + LOOK_EVERY_MS, () => this.#look());
      });
  }

  async #archiveAll(): Promise<void> {
    const { retention, clock, store, log, archived } = this.#options;
    for (const state of FINAL_STATES) {
      const keptMs = retention[state];
      if (keptMs === undefined) continue;
      let count = 0;
      for (let more = true; more && !this.#stopped; ) {
        const ids = await store.listEnded(state, clock.now() - keptMs, AT_ONCE);
        const moved = ids.length === 0 ? [] : await store.archive(ids);
        archived(moved);
        count += moved.length;
        more = ids.length === AT_ONCE && moved.length > 0;
      }
      if (count > 0) log.info({ state, tasks: count }, "ended tasks were archived");
    }
  }
}
