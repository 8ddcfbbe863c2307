import { DomainError } from "../../core/errors.ts";
import type { AccessChange, AccessRecords } from "../../store/access-store.ts";
import { isSameKey, keyIdOf, openWith, sealWith } from "./sealing.ts";
import { type DataKey, newDataKey, SecretBox, UNNAMED } from "./secret-box.ts";

/** Where the secret key comes from. */
export interface SecretKeySource {
  /** In words, e.g. `secretKeyFile (/run/secrets/taskscribe)`. */
  readonly name: string;
  /**
   * The first encrypts. The others only open what was encrypted before.
   * @param needed whether data is encrypted already, so that a new key could not open it.
   * @throws DomainError that says what is wrong, and never shows a key.
   */
  read(needed: boolean): Promise<readonly Uint8Array[]>;
  /** Makes another key and keeps it, durably, beside the one in use. Absent: the operator changes the source. */
  readonly makeNext?: (() => Uint8Array) | undefined;
  /** The data keys are durable under the first of the keys that were read, or under the one that was made. */
  settled(): void;
}

/** The resource of an exchange, as the audit names it. */
export function secretKeyResource(secretKeyId: string): string {
  return `secret-key/${secretKeyId}`;
}

/** What the store keeps: the data keys, each encrypted with the secret key. */
interface StoredKeys {
  /** The id of the secret key. */
  readonly secretKey: string;
  /** Since when they are encrypted with it, in ms since the epoch. */
  readonly since: number;
  readonly dataKeys: readonly {
    readonly id: string;
    readonly madeAt: number;
    readonly sealed: string;
  }[];
}

/** The mark that holds them. */
const KEYS_MARK = "secret-keys";
/** A mark of directories that are older than data keys: this very text, sealed with the secret key. */
const CHECK_MARK = "secret-check";

type DataKeys = readonly [DataKey, ...(readonly DataKey[])];

/** The keys of a directory, in memory. */
export interface OpenedKeys {
  readonly secretKey: Uint8Array;
  readonly since: number;
  readonly dataKeys: DataKeys;
}

/** Whether a new secret key would not open what is there. */
export function needsItsKey({ marks, keys }: AccessRecords): boolean {
  return [KEYS_MARK, CHECK_MARK].some((name) => marks[name] !== undefined) || keys.length > 0;
}

interface Opening {
  readonly opened: OpenedKeys;
  /** `stored`: they are as they were stored. `new`: they were not stored yet. `exchanged`: they were under another key. */
  readonly state: "stored" | "new" | "exchanged";
}

/**
 * Opens the data keys with the one of the given keys that fits. If they are new, or that is not the first one, they have to be
 * written, under the first one.
 * @throws DomainError `StoreUnavailable` if none fits.
 */
export function openKeys(
  records: AccessRecords,
  given: readonly Uint8Array[],
  now: number,
): Opening {
  const [first] = given;
  if (first === undefined) throw wrongKey([]);
  const mark = records.marks[KEYS_MARK];
  if (mark !== undefined) {
    const stored = storedIn(mark);
    const secretKey = given.find((key) => keyIdOf(key) === stored.secretKey);
    if (secretKey === undefined) throw wrongKey(given, stored.secretKey);
    const opened = { secretKey, since: stored.since, dataKeys: unwrapped(stored, secretKey) };
    if (isSameKey(secretKey, first)) return { opened, state: "stored" };
    return { opened: underAnother(opened, first, now), state: "exchanged" };
  }
  const older = needsItsKey(records) ? given.find((key) => opensOlder(records, key)) : undefined;
  if (older === undefined && needsItsKey(records)) throw wrongKey(given);
  const isNew = older === undefined && records.accounts.length === 0;
  const unnamed = { id: UNNAMED, key: older ?? first, madeAt: 0 };
  const dataKeys: DataKeys = isNew ? [newDataKey(now)] : [unnamed, newDataKey(now)];
  const isFirst = older === undefined || isSameKey(older, first);
  const opened = { secretKey: first, since: now, dataKeys };
  return { opened, state: isFirst ? "new" : "exchanged" };
}

/** The same data keys under another secret key, and a new one for what is sealed from now on. */
export function underAnother({ dataKeys }: OpenedKeys, secretKey: Uint8Array, now: number) {
  const [oldest, ...others] = dataKeys;
  const keys: DataKeys = [oldest, ...others, newDataKey(now)];
  return { secretKey, since: now, dataKeys: keys };
}

/** What is to be written of them: one record, so that all are exchanged or none. */
export function changeOf({ secretKey, since, dataKeys }: OpenedKeys): AccessChange {
  const stored: StoredKeys = {
    secretKey: keyIdOf(secretKey),
    since,
    dataKeys: dataKeys.map(({ id, madeAt, key }) => ({
      id,
      madeAt,
      sealed: sealWith(secretKey, Buffer.from(key).toString("base64"), ownerOf(id)),
    })),
  };
  return { type: "put-mark", name: KEYS_MARK, value: JSON.stringify(stored) };
}

export function boxOf({ dataKeys }: OpenedKeys): SecretBox {
  return new SecretBox(dataKeys);
}

function unwrapped({ dataKeys }: StoredKeys, secretKey: Uint8Array): DataKeys {
  const keys = dataKeys.map(({ id, madeAt, sealed }): DataKey => {
    const key = openWith(secretKey, sealed, ownerOf(id));
    if (key === undefined) throw damagedKeys();
    return { id, madeAt, key: Buffer.from(key, "base64") };
  });
  const [oldest, ...others] = keys;
  if (oldest === undefined) throw damagedKeys();
  return [oldest, ...others];
}

function storedIn(mark: string): StoredKeys {
  try {
    const stored = JSON.parse(mark) as Partial<StoredKeys>;
    const { secretKey, since, dataKeys } = stored;
    if (typeof secretKey === "string" && typeof since === "number" && Array.isArray(dataKeys)) {
      return { secretKey, since, dataKeys };
    }
  } catch {
    // It is told below, as any other damage.
  }
  throw damagedKeys();
}

/** Whether a directory that is older than data keys was encrypted with this key. */
function opensOlder({ marks, keys }: AccessRecords, key: Uint8Array): boolean {
  const check = marks[CHECK_MARK];
  if (check !== undefined && openWith(key, check, CHECK_MARK) !== undefined) return true;
  return keys.some(({ id, sealed }) => openWith(key, String(sealed), id) !== undefined);
}

/** What a stored data key is bound to. */
function ownerOf(id: string): string {
  return `data key ${id}`;
}

function wrongKey(given: readonly Uint8Array[], needed?: string): DomainError {
  const found = given.map(keyIdOf).join(", ");
  const expected = needed === undefined ? "" : `, and the key ${needed} is needed`;
  return new DomainError(
    "StoreUnavailable",
    `the secrets in this directory were encrypted with another secret key (found the key ${found}${expected}): give the right one in secret.key or TASKSCRIBE_SECRET_KEY, or where the settings secretKeyFile or secretKeyCommand look; if it is to be exchanged, put the old one behind the new one there`,
  );
}

function damagedKeys(): DomainError {
  return new DomainError(
    "StoreUnavailable",
    "the keys of the secrets in access.db were changed or are damaged: restore the directory from a backup",
  );
}
