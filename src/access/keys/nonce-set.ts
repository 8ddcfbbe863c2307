/** 64 bits of a hash as two whole numbers of 32. */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

const SPAN_MS = 5 * 60_000;
/** Small, because there may be many accounts with a few nonces each. */
const FIRST_CAPACITY = 64;

/**
 * Hashes that are forgotten with time. They lie in one open table for each five minutes of their end, eight bytes each
 * and at most two thirds full, so that a million of them take some 16 MB, and whole tables are dropped at once.
 */
export class NonceSet {
  readonly #tables = new Map<number, HashTable>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(hash: Hash64): boolean {
    for (const table of this.#tables.values()) if (table.has(hash)) return true;
    return false;
  }

  /** Of a hash that it has not. */
  add(hash: Hash64, keptUntil: number): void {
    const span = Math.floor(keptUntil / SPAN_MS);
    let table = this.#tables.get(span);
    if (table === undefined) {
      table = new HashTable();
      this.#tables.set(span, table);
    }
    table.add(hash);
    this.#size++;
  }

  /** Drops the tables whose last hash has ended. */
  expire(now: number): void {
    for (const span of this.#tables.keys()) if ((span + 1) * SPAN_MS < now) this.#drop(span);
  }

  #drop(span: number): void {
    this.#size -= this.#tables.get(span)?.size ?? 0;
    this.#tables.delete(span);
  }
}

/** Open addressing with linear probing; an empty slot is two zeros, which no hash is. */
class HashTable {
  size = 0;
  #mask = FIRST_CAPACITY - 1;
  #slots = new Uint32Array(FIRST_CAPACITY * 2);

  has({ high, low }: Hash64): boolean {
    const slots = this.#slots;
    for (let at = low & this.#mask; ; at = (at + 1) & this.#mask) {
      if (slots[at * 2] === high && slots[at * 2 + 1] === low) return true;
      if (slots[at * 2] === 0 && slots[at * 2 + 1] === 0) return false;
    }
  }

  add({ high, low }: Hash64): void {
    if (this.size * 3 >= (this.#mask + 1) * 2) this.#grow();
    this.#put(high, low);
    this.size++;
  }

  #put(high: number, low: number): void {
    const slots = this.#slots;
    let at = low & this.#mask;
    while (slots[at * 2] !== 0 || slots[at * 2 + 1] !== 0) at = (at + 1) & this.#mask;
    slots[at * 2] = high;
    slots[at * 2 + 1] = low;
  }

  #grow(): void {
    const old = this.#slots;
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Uint32Array((this.#mask + 1) * 2);
    for (let i = 0; i < old.length; i += 2) {
      const [high = 0, low = 0] = [old[i], old[i + 1]];
      if (high !== 0 || low !== 0) this.#put(high, low);
    }
  }
}
