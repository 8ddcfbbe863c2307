import { type AuditRecord, BLANK_RECORD } from "../../store/access-store.ts";

const SECOND_MS = 1_000;
/** Different refusals that get a record of their own within one second. */
const OWN_RECORDS = 100;
/** Sums of repeated refusals that are kept within one second. */
const SUMS = 100;

/**
 * Keeps a flood of refusals from filling the disk: within a second the first of each kind is recorded by itself; the
 * others are counted, and recorded as sums when the second is over.
 */
export class RefusalMeter {
  #second = 0;
  readonly #own = new Set<string>();
  readonly #sums = new Map<string, AuditRecord>();

  /** Takes a refusal and returns the records to write now. */
  note(record: AuditRecord): readonly AuditRecord[] {
    const before = this.close(record.at);
    const kind = JSON.stringify([record.source, record.accessKeyId, record.action, record.reason]);
    if (this.#own.has(kind) || this.#own.size >= OWN_RECORDS) {
      this.#sum(kind, record);
      return before;
    }
    this.#own.add(kind);
    return [...before, record];
  }

  /** The sums of a second that is over; `undefined` closes the one under way too. */
  close(now: number | undefined): readonly AuditRecord[] {
    const second = now === undefined ? -1 : Math.floor(now / SECOND_MS);
    if (second === this.#second) return [];
    this.#second = second;
    const sums = [...this.#sums.values()];
    this.#own.clear();
    this.#sums.clear();
    return sums;
  }

  /** Whether there are sums to be written when the second is over. */
  get hasSums(): boolean {
    return this.#sums.size > 0;
  }

  #sum(kind: string, record: AuditRecord): void {
    const known = this.#sums.get(kind);
    if (known) this.#sums.set(kind, { ...known, count: known.count + record.count });
    else if (this.#sums.size < SUMS) this.#sums.set(kind, record);
    else this.#sumUp(record);
  }

  /** There are too many kinds: only what they have in common is kept. */
  #sumUp({ at, outcome, reason, status, code, count }: AuditRecord): void {
    const known = this.#sums.get(reason);
    const total = count + (known?.count ?? 0);
    this.#sums.set(reason, { ...BLANK_RECORD, at, outcome, status, code, reason, count: total });
  }
}
