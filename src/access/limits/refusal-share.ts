import { type AuditRecord, BLANK_RECORD } from "../../store/access-store.ts";

/** Kinds of refusals that a summary tells apart; the others have one record together. */
const KINDS = 20;
/** Addresses that a summary names, and those that it counts besides. */
const NAMED_SOURCES = 5;
const COUNTED_SOURCES = 100;
/** The reason in a summary of refusals of which it does not tell more. */
const VARIOUS = "various";

/** What is noted of a refusal. Most get no record of their own, so what is dear to find out is found out when one is written. */
export type Refusal = Omit<AuditRecord, "resource"> & { readonly resource: () => string };

/** A summary tells nothing of the resource. */
type Summed = Omit<AuditRecord, "resource">;

/** Refusals of one kind within a second, beyond the first. */
interface Repeats {
  readonly record: AuditRecord;
  count: number;
}

/** Refusals of one kind within a minute: how many, and from where. */
interface Summary {
  readonly record: AuditRecord;
  count: number;
  readonly sources: Set<string>;
}

/**
 * The refusals of one account, or of one unproven address, within a minute. The first of each kind within a second gets
 * a record of its own, its repeats one more when the second is over. When as many records were written as the share
 * has, the rest is summed up by action, reason and code until the minute is over.
 */
export class RefusalShare {
  #left: number;
  readonly #own = new Set<string>();
  readonly #repeats = new Map<string, Repeats>();
  readonly #summaries = new Map<string, Summary>();

  /** @param records that may be written by themselves within the minute. */
  constructor(records: number) {
    this.#left = records;
  }

  get hasRepeats(): boolean {
    return this.#repeats.size > 0;
  }

  get hasSummaries(): boolean {
    return this.#summaries.size > 0;
  }

  /** Takes a refusal, and returns its record if it gets one of its own. */
  note(refusal: Refusal): AuditRecord | undefined {
    const { source, accessKeyId, action, reason, code } = refusal;
    const kind = JSON.stringify([source, accessKeyId, action, reason, code]);
    if (this.#own.has(kind)) {
      const repeats = this.#repeats.get(kind);
      if (repeats !== undefined) repeats.count += refusal.count;
      else this.#repeats.set(kind, { record: recordOf(refusal), count: refusal.count });
      return undefined;
    }
    if (this.#left === 0) {
      this.#sumUp(refusal);
      return undefined;
    }
    this.#left--;
    this.#own.add(kind);
    return recordOf(refusal);
  }

  /** The repeats of a second that is over, as far as the share has room for them. */
  endSecond(): readonly AuditRecord[] {
    const written: AuditRecord[] = [];
    for (const repeats of this.#repeats.values()) {
      const record = { ...repeats.record, count: repeats.count };
      if (this.#left === 0) this.#sumUp(record);
      else {
        this.#left--;
        written.push(record);
      }
    }
    this.#own.clear();
    this.#repeats.clear();
    return written;
  }

  /** Everything that is not written yet. */
  endMinute(): readonly AuditRecord[] {
    const written = [...this.endSecond(), ...[...this.#summaries.values()].map(summed)];
    this.#summaries.clear();
    return written;
  }

  #sumUp(refusal: Summed): void {
    const { action, reason, code, source, count } = refusal;
    const kind = JSON.stringify([action, reason, code]);
    const known = this.#summaries.get(kind) ?? this.#newSummary(kind, refusal);
    known.count += count;
    if (known.sources.size < COUNTED_SOURCES) known.sources.add(source);
  }

  #newSummary(kind: string, refusal: Summed): Summary {
    const { at, account, actor, action, outcome, status, code, reason } = refusal;
    const isTold = this.#summaries.size < KINDS;
    const key = isTold ? kind : VARIOUS;
    const known = this.#summaries.get(key);
    if (known) return known;
    const blank = { ...BLANK_RECORD, at, account, actor, outcome };
    const made: Summary = {
      record: isTold ? { ...blank, action, status, code, reason } : { ...blank, reason: VARIOUS },
      count: 0,
      sources: new Set(),
    };
    this.#summaries.set(key, made);
    return made;
  }
}

function recordOf(refusal: Refusal): AuditRecord {
  return { ...refusal, resource: refusal.resource() };
}

function summed({ record, count, sources }: Summary): AuditRecord {
  return { ...record, count, source: namesOf([...sources]) };
}

/** `192.0.2.1, 192.0.2.2 and 3 others` */
function namesOf(sources: readonly string[]): string {
  const named = sources.slice(0, NAMED_SOURCES).join(", ");
  const others = sources.length - NAMED_SOURCES;
  if (others <= 0) return named;
  const atLeast = sources.length < COUNTED_SOURCES ? "" : "at least ";
  return `${named} and ${atLeast}${others} ${others === 1 ? "other" : "others"}`;
}
