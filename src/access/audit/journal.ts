import type { Clock } from "../../clock.ts";
import type { Log } from "../../log.ts";
import type { AccessChange, AccessStore, AuditRecord } from "../../store/access-store.ts";
import type { Nonces } from "../keys/nonces.ts";
import { RefusalMeter } from "../limits/refusal-meter.ts";
import type { Refusal } from "../limits/refusal-share.ts";

/** What is written behind is durable after this time at the latest, if the disk keeps up. */
const WRITE_BEHIND_MS = 50;
const AFTER_FAILURE_MS = 1_000;
const FORGET_EVERY_MS = 60_000;
/** Records that wait for a store which cannot be written: more refusals are only counted in the log, more changes wait. */
const WAITING_LIMIT = 10_000;

export interface JournalOptions {
  readonly store: AccessStore;
  readonly nonces: Nonces;
  readonly clock: Clock;
  readonly log: Log;
  /** Hears how many entries were written, when they are durable. */
  readonly written?: (entries: number) => void;
}

/**
 * What access control writes down. Changes and their records are durable when `write` resolves, and so is every nonce
 * claimed before. Nonces of reads and refusals are written behind, within 50 ms.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #meter = new RefusalMeter();
  #waiting: AuditRecord[] = [];
  #lost = 0;
  #failing = false;
  #timer: (() => void) | undefined;
  /** Runs until the meter has sums to write. */
  #sumTimer: (() => void) | undefined;
  #sumsDueAt = Number.POSITIVE_INFINITY;
  #forgottenAt = 0;
  #under: Promise<void> = Promise.resolve();
  /** The requests whose records were written together with their changes. */
  readonly #recorded = new Set<string>();

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** A refusal: written behind, repeated ones as a count. */
  note(refusal: Refusal): void {
    this.#waiting.push(...this.#meter.note(refusal));
    this.behind();
  }

  /**
   * The record of a change whose answer need not wait for the disk: written behind, and never metered. If too many wait
   * because the store cannot be written, it is a promise as `write` makes it. @throws DomainError `StoreUnavailable`
   */
  noteChange(record: AuditRecord): Promise<void> | undefined {
    if (this.#waiting.length >= WAITING_LIMIT) return this.write([record]);
    this.#waiting.push(record);
    this.behind();
    return undefined;
  }

  /** Whether the request's record was written together with its change. It is told once. */
  takeRecorded(requestId: string): boolean {
    return this.#recorded.size > 0 && this.#recorded.delete(requestId);
  }

  /** Sees to it that pending nonces and refusals are written soon. */
  behind(): void {
    if (this.#timer !== undefined) return;
    const { clock } = this.#options;
    const delay = this.#failing ? AFTER_FAILURE_MS : WRITE_BEHIND_MS;
    this.#timer = clock.after(delay, () => {
      this.#timer = undefined;
      this.#under = this.#flush();
    });
  }

  /** @throws DomainError `StoreUnavailable`: then nothing of it was written. */
  async write(audit: readonly AuditRecord[], changes: readonly AccessChange[] = []): Promise<void> {
    const { store, nonces } = this.#options;
    const taken = nonces.takePending();
    const waiting = this.#takeWaiting();
    if (taken.length + waiting.length + audit.length + changes.length === 0) return;
    try {
      await store.write({ changes, nonces: taken, audit: [...waiting, ...audit] });
      if (changes.length > 0) this.#remember(audit);
      this.#tell(waiting.length + audit.length);
    } catch (error) {
      this.#waiting = [...waiting, ...this.#waiting];
      nonces.putBack(taken);
      this.behind();
      throw error;
    }
  }

  /** Writes what is waiting, sums included. */
  async close(): Promise<void> {
    this.#callOff();
    await this.#under;
    this.#waiting.push(...this.#meter.close(undefined));
    await this.#flush();
    this.#callOff();
  }

  #callOff(): void {
    this.#timer?.();
    this.#timer = undefined;
    this.#sumTimer?.();
    this.#sumTimer = undefined;
  }

  #awaitSums(): void {
    const due = this.#meter.dueAt;
    if (due === undefined) return;
    if (this.#sumTimer !== undefined && this.#sumsDueAt <= due) return;
    this.#sumTimer?.();
    this.#sumsDueAt = due;
    this.#sumTimer = this.#options.clock.schedule(due, () => {
      this.#sumTimer = undefined;
      this.behind();
    });
  }

  async #flush(): Promise<void> {
    const { store, nonces, clock, log } = this.#options;
    const now = clock.now();
    this.#waiting.push(...this.#meter.close(now));
    const taken = nonces.takePending();
    const audit = this.#takeWaiting();
    const forget = Math.abs(now - this.#forgottenAt) >= FORGET_EVERY_MS;
    if (forget) {
      this.#forgottenAt = now;
      nonces.expire(now);
    }
    try {
      if (taken.length > 0 || audit.length > 0) {
        await store.write({ nonces: taken, audit, ...(forget && { forgetNoncesBefore: now }) });
        this.#failing = false;
        this.#tell(audit.length);
      }
    } catch (error) {
      this.#failing = true;
      nonces.putBack(taken);
      this.#keepWaiting(audit);
      log.error({ err: error, lost: this.#lost }, "nonces and refusals could not be written yet");
    }
    if (this.#waiting.length > 0 || nonces.hasPending) this.behind();
    this.#awaitSums();
  }

  #takeWaiting(): readonly AuditRecord[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  /** Only refusals may be lost; `noteChange` sees to it that there are not too many changes. */
  #keepWaiting(records: readonly AuditRecord[]): void {
    let room = WAITING_LIMIT - this.#waiting.length;
    const kept = records.filter(({ outcome }) => outcome !== "refused" || room-- > 0);
    this.#lost += records.length - kept.length;
    this.#waiting = [...kept, ...this.#waiting];
  }

  #tell(entries: number): void {
    if (entries > 0) this.#options.written?.(entries);
  }

  #remember(audit: readonly AuditRecord[]): void {
    for (const { requestId } of audit) if (requestId !== "") this.#recorded.add(requestId);
  }
}
