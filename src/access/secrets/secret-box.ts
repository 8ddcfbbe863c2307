import { hkdfSync, randomBytes } from "node:crypto";
import { PaddedKey } from "../../auth/padded-key.ts";
import { DomainError } from "../../core/errors.ts";
import { KEY_BYTES, keyIdOf, openWith, sealWith } from "./sealing.ts";

/** A key that encrypts secrets. It is stored, itself encrypted with the secret key. */
export interface DataKey {
  /** Of the first directories, whose secrets name no key: {@link UNNAMED}. */
  readonly id: string;
  readonly key: Uint8Array;
  /** In ms since the epoch. */
  readonly madeAt: number;
}

/** The key of sealed texts that name none: they are older than data keys, and sealed with the secret key itself. */
export const UNNAMED = "unnamed";
/** `v2.{id of the data key}.{base64}` */
const NAMED = /^v2\.([0-9a-f]{16})\.([\w+/=]*)$/;

export function newDataKey(now: number): DataKey {
  const key = randomBytes(KEY_BYTES);
  return { id: keyIdOf(key), key, madeAt: now };
}

/** Encrypts what must not be readable at rest, with the newest data key; the older ones only open. */
export class SecretBox {
  readonly #keys = new Map<string, Uint8Array>();
  #newest: DataKey;
  /** What texts begin with that are sealed with the newest key. */
  #prefix: string;

  readonly #digests: PaddedKey;

  /** @param keys the newest is the last. */
  constructor(keys: readonly [DataKey, ...(readonly DataKey[])]) {
    // The oldest stays, whatever is exchanged, so that digests can be compared for ever.
    this.#digests = new PaddedKey("sha256", derivedFrom(keys[0].key, "digests"));
    for (const { id, key } of keys) this.#keys.set(id, key);
    this.#newest = keys.at(-1) ?? keys[0];
    this.#prefix = prefixOf(this.#newest);
  }

  /** From now on everything is sealed with this key. */
  add(newest: DataKey): void {
    this.#keys.set(newest.id, newest.key);
    this.#newest = newest;
    this.#prefix = prefixOf(newest);
  }

  seal(text: string, owner: string): string {
    return this.#prefix + sealWith(this.#newest.key, text, owner);
  }

  /** A hash that nobody can compute without the data keys: always the same for a text, in base64. */
  digest(text: string): string {
    return this.#digests.digest(text, "base64url");
  }

  /** Whether it was sealed with the newest key. */
  isNewest(sealed: string): boolean {
    return this.#prefix === "" ? !sealed.startsWith("v2.") : sealed.startsWith(this.#prefix);
  }

  /** @throws DomainError `StoreUnavailable` when it was sealed with another key or for another owner, or was changed. */
  open(sealed: string, owner: string): string {
    const [, id = UNNAMED, text = sealed] = NAMED.exec(sealed) ?? [];
    const key = this.#keys.get(id);
    const opened = key && openWith(key, text, owner);
    if (opened !== undefined) return opened;
    throw new DomainError(
      "StoreUnavailable",
      `the secret of ${owner} cannot be decrypted: it was encrypted with another secret key, or was changed; give the right key, or restore access.db and what belongs to it from one backup`,
      { owner },
    );
  }
}

/** A key for another purpose than to encrypt (HKDF, RFC 5869), as hexadecimal digits. */
function derivedFrom(key: Uint8Array, purpose: string): string {
  const derived = hkdfSync("sha256", key, "", `taskscribe ${purpose}`, KEY_BYTES);
  return Buffer.from(derived).toString("hex");
}

function prefixOf({ id }: DataKey): string {
  return id === UNNAMED ? "" : `v2.${id}.`;
}
