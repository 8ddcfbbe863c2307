import type { Clock } from "../../clock.ts";
import type { Log } from "../../log.ts";

const SAVE_EVERY_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

export interface ProgressSaverOptions<Progress> {
  readonly clock: Clock;
  readonly log: Log;
  /** How far a webhook has come; undefined: it is deleted. */
  readonly progressOf: (webhookId: string) => Progress | undefined;
  readonly save: (progress: ReadonlyMap<string, Progress>) => Promise<void>;
  /** It was saved. */
  readonly saved: (webhookId: string, progress: Progress) => void;
}

/**
 * Saves how far webhooks have come: together, a second after the first has moved, always as it is at that moment. What could
 * not be written is tried again until it is.
 */
export class ProgressSaver<Progress> {
  readonly #options: ProgressSaverOptions<Progress>;
  /** Webhooks that have moved since they were saved. */
  readonly #moved = new Set<string>();
  #callOff: (() => void) | undefined;
  #saving: Promise<void> = Promise.resolve();
  /** Saves in a row that failed. */
  #failures = 0;
  #stopped = false;

  constructor(options: ProgressSaverOptions<Progress>) {
    this.#options = options;
  }

  moved(webhookId: string): void {
    this.#moved.add(webhookId);
    this.#saveSoon();
  }

  forget(webhookId: string): void {
    this.#moved.delete(webhookId);
  }

  /** Saves once more what has moved; what cannot be written now is delivered again after the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#callOff?.();
    await this.#save();
  }

  #saveSoon(): void {
    if (this.#callOff !== undefined || this.#stopped) return;
    const pauseMs = Math.min(SAVE_EVERY_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
    this.#callOff = this.#options.clock.after(pauseMs, () => {
      this.#callOff = undefined;
      void this.#save();
    });
  }

  /** One save after another, so that none writes what is older than what another wrote. Never rejects. */
  #save(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#saveNow());
    return this.#saving;
  }

  async #saveNow(): Promise<void> {
    const { progressOf, save, saved, log } = this.#options;
    const progress = new Map<string, Progress>();
    for (const id of this.#moved) {
      const now = progressOf(id);
      if (now !== undefined) progress.set(id, now);
    }
    this.#moved.clear();
    if (progress.size === 0) return;
    try {
      await save(progress);
      this.#failures = 0;
      for (const [id, one] of progress) saved(id, one);
    } catch (err) {
      this.#failures += 1;
      for (const id of progress.keys()) this.#moved.add(id);
      log.error({ err, webhooks: progress.size }, "the positions of webhooks could not be saved");
      this.#saveSoon();
    }
  }
}
