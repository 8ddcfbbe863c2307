import type { Clock } from "../../clock.ts";
import type { Log } from "../../log.ts";
import type { AccessStore } from "../../store/access-store.ts";
import { type AuditKey, signedHead } from "./audit-heads.ts";

/** A head is signed after this many entries, and this long after the first entry that no head covers. */
const ENTRIES = 1_000;
const INTERVAL_MS = 5 * 60_000;

export interface HeadSignerOptions {
  readonly store: AccessStore;
  readonly key: AuditKey;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when a head is stored. */
  readonly signed?: () => void;
}

/** Signs the end of the audit's chain at intervals, and once more at the end. */
export class HeadSigner {
  readonly #options: HeadSignerOptions;
  #unsigned = 0;
  #timer: (() => void) | undefined;
  #under: Promise<void> = Promise.resolve();

  constructor(options: HeadSignerOptions) {
    this.#options = options;
  }

  /** Hears of entries that were written. */
  readonly written = (entries: number): void => {
    this.#unsigned += entries;
    if (this.#unsigned >= ENTRIES) this.#begin();
    else this.#schedule();
  };

  /** Signs what is not signed yet. */
  async close(): Promise<void> {
    if (this.#unsigned > 0) this.#begin();
    await this.#under;
    this.#callOff();
  }

  #begin(): void {
    this.#callOff();
    const entries = this.#unsigned;
    this.#unsigned = 0;
    this.#under = this.#under.then(() => this.#sign(entries));
  }

  #schedule(): void {
    const { clock } = this.#options;
    this.#timer ??= clock.after(INTERVAL_MS, () => this.#begin());
  }

  #callOff(): void {
    this.#timer?.();
    this.#timer = undefined;
  }

  async #sign(entries: number): Promise<void> {
    const { store, key, clock, log, signed } = this.#options;
    try {
      const end = await store.auditHead();
      if (end.seq > 0) await store.write({ heads: [signedHead(key, end, clock.now())] });
      signed?.();
    } catch (error) {
      // The next head covers these entries too.
      this.#unsigned += entries;
      this.#schedule();
      log.error({ err: error }, "the end of the audit could not be signed yet");
    }
  }
}
