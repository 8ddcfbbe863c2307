import type { Budgets } from "../budgets.ts";
import type { Json } from "../core/json.ts";

/** Hears that a bound was reached. */
export type Reached = (name: keyof Budgets) => void;

/** What an object and what each of its fields take in memory, about. */
const OBJECT_BYTES = 40;
const FIELD_BYTES = 16;

/** How many bytes a value of JSON takes in memory, about. It costs one step for each field, however long the texts are. */
export function memoryBytes(value: Json | object | undefined): number {
  if (typeof value === "string") return FIELD_BYTES + value.length;
  if (typeof value !== "object" || value === null) return 0;
  let bytes = OBJECT_BYTES;
  for (const name in value)
    bytes += FIELD_BYTES + memoryBytes((value as Readonly<Record<string, Json>>)[name]);
  return bytes;
}

/** Keeps values by name within a number of bytes, those of all together; what was not used for longest goes first. */
export class KeptBytes<Value> {
  readonly #most: number;
  readonly #left: (value: Value) => void;
  /** The least recently used first. */
  readonly #kept = new Map<string, { readonly value: Value; readonly bytes: number }>();
  #bytes = 0;

  /** @param left is called with each value that is no longer kept. */
  constructor(most: number, left: (value: Value) => void = () => {}) {
    this.#most = most;
    this.#left = left;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#kept.size;
  }

  get(name: string): { readonly value: Value; readonly bytes: number } | undefined {
    const found = this.#kept.get(name);
    if (found === undefined) return undefined;
    this.#kept.delete(name);
    this.#kept.set(name, found);
    return found;
  }

  /** What is larger than everything may be together is not kept. */
  put(name: string, value: Value, bytes: number): void {
    this.delete(name);
    if (bytes > this.#most) {
      this.#left(value);
      return;
    }
    this.#kept.set(name, { value, bytes });
    this.#bytes += bytes;
    for (const [oldest] of this.#kept) {
      if (this.#bytes <= this.#most) return;
      this.delete(oldest);
    }
  }

  delete(name: string): void {
    const found = this.#kept.get(name);
    if (found === undefined) return;
    this.#kept.delete(name);
    this.#bytes -= found.bytes;
    this.#left(found.value);
  }
}
