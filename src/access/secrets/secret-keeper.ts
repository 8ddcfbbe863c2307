import { DomainError } from "../../core/errors.ts";
import type { Log } from "../../log.ts";
import type { AccessChange } from "../../store/access-store.ts";
import { isSameKey, keyIdOf } from "./sealing.ts";
import type { SecretBox } from "./secret-box.ts";
import {
  boxOf,
  changeOf,
  type OpenedKeys,
  type SecretKeySource,
  underAnother,
} from "./secret-keys.ts";

/** Secrets of one kind that can be sealed anew with the newest data key. */
export interface Resealable {
  /** Of what the secrets are, in the plural: `accessKeys`. */
  readonly name: string;
  /** How many are sealed with an older key. */
  outdated(): Promise<number>;
  /** Seals some of them anew. Says whether there may be more. @throws DomainError `StoreUnavailable` */
  some(): Promise<boolean>;
}

/** Has the secret key and the data keys of a directory, and exchanges them. */
export class SecretKeeper {
  readonly source: SecretKeySource;
  readonly box: SecretBox;
  readonly resealables: Resealable[] = [];
  #opened: OpenedKeys;
  #resealing: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(opened: OpenedKeys, source: SecretKeySource) {
    this.source = source;
    this.#opened = opened;
    this.box = boxOf(opened);
  }

  get opened(): OpenedKeys {
    return this.#opened;
  }

  get secretKeyId(): string {
    return keyIdOf(this.#opened.secretKey);
  }

  /** How many secrets of each kind are sealed with an older data key. */
  async outdated(): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {};
    for (const one of this.resealables) counts[one.name] = await one.outdated();
    return counts;
  }

  /**
   * The key that the source gives now; undefined: it makes one itself when the key is exchanged.
   * @throws DomainError if it cannot be read, or is still the one in use.
   */
  async asked(): Promise<Uint8Array | undefined> {
    const { source } = this;
    if (source.makeNext !== undefined) return undefined;
    const [first] = await source.read(true);
    if (first !== undefined && !this.#isInUse(first)) return first;
    throw this.#unchanged();
  }

  /** @throws DomainError if the key that was read is in use meanwhile. */
  exchange(asked: Uint8Array | undefined, now: number) {
    const next = asked ?? this.source.makeNext?.();
    if (next === undefined || this.#isInUse(next)) throw this.#unchanged();
    const opened = underAnother(this.#opened, next, now);
    return { opened, id: keyIdOf(next), change: changeOf(opened) satisfies AccessChange };
  }

  /** Call it when the change is durable. */
  adopt(opened: OpenedKeys): void {
    this.#opened = opened;
    const newest = opened.dataKeys.at(-1);
    if (newest !== undefined) this.box.add(newest);
    this.source.settled();
  }

  /**
   * Seals everything anew that is sealed with an older data key, a few at a time. A process that dies meanwhile has
   * lost nothing, because the older keys still open; the next start goes on.
   */
  reseal(log: Log): Promise<void> {
    this.#resealing = this.#resealing.then(async () => {
      try {
        for (const one of this.resealables) while (!this.#stopped && (await one.some()));
      } catch (error) {
        log.error(
          { err: error },
          "not all secrets are sealed with the new key yet; the next start goes on",
        );
      }
    });
    return this.#resealing;
  }

  /** Resolves when nothing is being sealed anew. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#resealing;
  }

  #isInUse(key: Uint8Array): boolean {
    return isSameKey(key, this.#opened.secretKey);
  }

  #unchanged(): DomainError {
    return new DomainError(
      "ResourceBusy",
      `${this.source.name} gives the key ${this.secretKeyId}, which is in use; put a new one there (openssl rand -base64 32) and the old one behind it, then rotate again; the environment of a process cannot change: start the server again instead`,
      { secretKeyId: this.secretKeyId },
    );
  }
}
