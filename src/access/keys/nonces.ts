import { hash } from "node:crypto";
import type { NonceBatch } from "../../store/access-store.ts";
import { type Hash64, NonceSet } from "./nonce-set.ts";

/** The most nonces that are remembered; all together take some 100 MB at most. */
const DEFAULT_LIMITS = { reads: 4_000_000, changes: 1_000_000 };

type Kind = keyof typeof DEFAULT_LIMITS;

/** `used`: the call must be refused. `full`: the nonce cannot be remembered, so a change must be refused. */
export type NonceClaim = "new" | "used" | "full";

/**
 * Nonces that were used, until the date they were signed with is too old. What `pending` gives out is to be stored;
 * `restore` takes it back after a restart. Reads and changes are counted apart: when there are too many of reads the
 * oldest are forgotten, so that under a flood an old read might be answered twice, but never a change done twice.
 */
export class Nonces {
  readonly #known = { reads: new NonceSet(), changes: new NonceSet() };
  readonly #limits: Readonly<Record<Kind, number>>;
  #pending = emptyPending();
  /** Times that nonces of reads had to be forgotten early. */
  forgotten = 0;

  constructor(limits: Readonly<Record<Kind, number>> = DEFAULT_LIMITS) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#known.reads.size + this.#known.changes.size;
  }

  get hasPending(): boolean {
    return this.#pending.reads.length + this.#pending.changes.length > 0;
  }

  /** Takes the nonce for good, unless it was used with this key before. */
  claim(accessKeyId: string, nonce: string, keptUntil: number, kind: Kind): NonceClaim {
    const claimed = hashOf(accessKeyId, nonce);
    const { reads, changes } = this.#known;
    if (reads.has(claimed) || changes.has(claimed)) return "used";
    if (this.#known[kind].size >= this.#limits[kind]) {
      if (kind === "changes") return "full";
      reads.dropOldest();
      this.forgotten++;
    }
    this.#known[kind].add(claimed, keptUntil);
    this.#await(kind, claimed.high, claimed.low);
    if (keptUntil > this.#pending.keptUntil) this.#pending.keptUntil = keptUntil;
    return "new";
  }

  /** What was claimed since the last call. */
  takePending(): readonly NonceBatch[] {
    const { reads, changes, keptUntil } = this.#pending;
    this.#pending = emptyPending();
    return (["reads", "changes"] as const).flatMap((kind) => {
      const numbers = kind === "reads" ? reads : changes;
      return numbers.length === 0 ? [] : [{ keptUntil, hashes: pack(kind, numbers) }];
    });
  }

  /** What could not be stored is pending again. */
  putBack(batches: readonly NonceBatch[]): void {
    for (const { keptUntil, hashes } of batches) {
      const { kind, numbers } = unpack(hashes);
      for (let i = 0; i + 1 < numbers.length; i += 2) {
        this.#await(kind, numbers[i] ?? 0, numbers[i + 1] ?? 0);
      }
      if (keptUntil > this.#pending.keptUntil) this.#pending.keptUntil = keptUntil;
    }
  }

  /** While the store cannot be written, no more wait than are known. */
  #await(kind: Kind, high: number, low: number): void {
    const numbers = this.#pending[kind];
    if (numbers.length < 2 * this.#limits[kind]) numbers.push(high, low);
  }

  restore(batches: readonly NonceBatch[]): void {
    for (const { keptUntil, hashes } of batches) {
      const { kind, numbers } = unpack(hashes);
      const known = this.#known[kind];
      for (let i = 0; i + 1 < numbers.length && known.size < this.#limits[kind]; i += 2) {
        const found = { high: numbers[i] ?? 0, low: numbers[i + 1] ?? 0 };
        if (!known.has(found)) known.add(found, keptUntil);
      }
    }
  }

  expire(now: number): void {
    this.#known.reads.expire(now);
    this.#known.changes.expire(now);
  }
}

function emptyPending() {
  return { reads: [] as number[], changes: [] as number[], keptUntil: 0 };
}

/** Nobody can aim at somebody else's nonce: it would have to be known, and the hash is keyed by the access key. */
function hashOf(accessKeyId: string, nonce: string): Hash64 {
  const text = hash("sha256", `${accessKeyId}\n${nonce}`, "binary");
  const high = word(text, 0);
  const low = word(text, 4);
  return high === 0 && low === 0 ? { high, low: 1 } : { high, low };
}

function word(text: string, at: number): number {
  return (
    (text.charCodeAt(at) |
      (text.charCodeAt(at + 1) << 8) |
      (text.charCodeAt(at + 2) << 16) |
      (text.charCodeAt(at + 3) << 24)) >>>
    0
  );
}

/** `r` or `c`, then the numbers as base64. */
function pack(kind: Kind, numbers: readonly number[]): string {
  return kind.charAt(0) + Buffer.from(Uint32Array.from(numbers).buffer).toString("base64");
}

function unpack(hashes: string): { kind: Kind; numbers: Uint32Array } {
  const bytes = Uint8Array.from(Buffer.from(hashes.slice(1), "base64"));
  const kind = hashes.startsWith("c") ? "changes" : "reads";
  return { kind, numbers: new Uint32Array(bytes.buffer, 0, Math.floor(bytes.length / 4)) };
}
