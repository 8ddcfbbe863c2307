import type { StoredKey } from "../../store/access-store.ts";
import { KeyEnds } from "./key-ends.ts";

/** All stored keys, found by id, by account and by the key that they were made with. */
export class KeyIndex {
  readonly #keys = new Map<string, StoredKey>();
  readonly #lasting = new Map<string, Set<string>>();
  readonly #temporary = new Map<string, Set<string>>();
  readonly #ends = new KeyEnds();
  #temporaryTotal = 0;
  readonly #children = new Map<string, Set<string>>();

  get all(): readonly StoredKey[] {
    return [...this.#keys.values()];
  }

  get(id: string): StoredKey | undefined {
    return this.#keys.get(id);
  }

  put(key: StoredKey): void {
    this.remove(key.id);
    this.#keys.set(key.id, key);
    add(this.#ofKind(key), key.account, key.id);
    if (key.temporary !== undefined) {
      this.#temporaryTotal += 1;
      this.#ends.add(key.account, key.id, key.temporary.expiresAt);
    }
    if (key.temporary?.parent !== undefined) add(this.#children, key.temporary.parent, key.id);
  }

  remove(id: string): void {
    const key = this.#keys.get(id);
    if (key === undefined) return;
    this.#keys.delete(id);
    drop(this.#ofKind(key), key.account, id);
    if (key.temporary !== undefined) {
      this.#temporaryTotal -= 1;
      this.#ends.remove(key.account, id, key.temporary.expiresAt);
    }
    if (key.temporary?.parent !== undefined) drop(this.#children, key.temporary.parent, id);
  }

  /** The keys of an account that have no end of their own making: they are kept until they are deleted. */
  lasting(account: string): readonly StoredKey[] {
    return this.#found(this.#lasting.get(account));
  }

  temporary(account: string): readonly StoredKey[] {
    return this.#found(this.#temporary.get(account));
  }

  lastingCount(account: string): number {
    return this.#lasting.get(account)?.size ?? 0;
  }

  temporaryCount(account: string): number {
    return this.#temporary.get(account)?.size ?? 0;
  }

  /** The ids of the account's temporary keys that ended before this moment (ms since the epoch). */
  endedBefore(account: string, moment: number): readonly string[] {
    return this.#ends.before(account, moment);
  }

  get temporaryTotal(): number {
    return this.#temporaryTotal;
  }

  /** The ids of all keys that were made with this one, directly or by way of others; without the key itself. */
  descendants(id: string): readonly string[] {
    const found = new Set<string>();
    const left = [id];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      for (const child of this.#children.get(next) ?? []) {
        // A circle in damaged data ends here.
        if (child === id || found.has(child)) continue;
        found.add(child);
        left.push(child);
      }
    }
    return [...found];
  }

  #ofKind({ temporary }: StoredKey): Map<string, Set<string>> {
    return temporary === undefined ? this.#lasting : this.#temporary;
  }

  #found(ids: ReadonlySet<string> | undefined): readonly StoredKey[] {
    return [...(ids ?? [])].flatMap((id) => this.#keys.get(id) ?? []);
  }
}

function add(index: Map<string, Set<string>>, name: string, id: string): void {
  const ids = index.get(name);
  if (ids === undefined) index.set(name, new Set([id]));
  else ids.add(id);
}

function drop(index: Map<string, Set<string>>, name: string, id: string): void {
  const ids = index.get(name);
  ids?.delete(id);
  if (ids?.size === 0) index.delete(name);
}
