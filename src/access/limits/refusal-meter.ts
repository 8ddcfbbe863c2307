import type { AuditRecord } from "../../store/access-store.ts";
import { type Refusal, RefusalShare } from "./refusal-share.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** Records of its own that an account gets within a minute, and an address that proved nothing. */
const ACCOUNT_RECORDS = 100;
const ADDRESS_RECORDS = 30;
/** Addresses that get a share for each account that they name; the others of that account have one together. */
const ADDRESSES = 20;
const OTHERS_RECORDS = 10;
/** Records of their own for all shares of addresses together. An account's share of the other addresses is not in it. */
const ALL_ADDRESS_RECORDS = 3_000;

/**
 * Keeps a flood of refusals from filling the disk, and from hiding other refusals. Each account has a share of its own.
 * A caller who has proved nothing takes from a share of its address and of the account it names, so that it can neither
 * use up the share of that account nor that of others. Everything is counted: what has no record of its own is in a
 * summary when the minute is over.
 */
export class RefusalMeter {
  #second = 0;
  #minute = 0;
  #addressRecords = ALL_ADDRESS_RECORDS;
  readonly #shares = new Map<string, RefusalShare>();
  /** The number of addresses with a share, by the account that they name. */
  readonly #addresses = new Map<string, number>();

  /** Takes a refusal and returns the records to write now. */
  note(refusal: Refusal): readonly AuditRecord[] {
    const before = this.close(refusal.at);
    const own = this.#shareOf(refusal).note(refusal);
    return own === undefined ? before : [...before, own];
  }

  /** What of seconds and minutes that are over is left to write; `undefined` closes those under way too. */
  close(now: number | undefined): readonly AuditRecord[] {
    const second = now === undefined ? -1 : Math.floor(now / SECOND_MS);
    if (second === this.#second) return [];
    this.#second = second;
    const minute = now === undefined ? -1 : Math.floor(now / MINUTE_MS);
    const shares = [...this.#shares.values()];
    if (minute === this.#minute) return shares.flatMap((share) => share.endSecond());
    this.#minute = minute;
    this.#shares.clear();
    this.#addresses.clear();
    this.#addressRecords = ALL_ADDRESS_RECORDS;
    return shares.flatMap((share) => share.endMinute());
  }

  /** Whether there is anything to be written when the second or the minute is over. */
  get hasSums(): boolean {
    for (const share of this.#shares.values()) {
      if (share.hasRepeats || share.hasSummaries) return true;
    }
    return false;
  }

  /** When `close` has something to return, in ms since the epoch; undefined: never. */
  get dueAt(): number | undefined {
    let due: number | undefined;
    for (const share of this.#shares.values()) {
      if (share.hasRepeats) return (this.#second + 1) * SECOND_MS;
      if (share.hasSummaries) due = (this.#minute + 1) * MINUTE_MS;
    }
    return due;
  }

  #shareOf({ account, actor, source }: Refusal): RefusalShare {
    // Only a caller that has proved who it is has an actor.
    if (actor !== "") return this.#share(`account ${account}`, () => ACCOUNT_RECORDS);
    const address = networkOf(source);
    const key = JSON.stringify([account, address]);
    const known = this.#shares.get(key);
    if (known) return known;
    const addresses = this.#addresses.get(account) ?? 0;
    if (addresses >= ADDRESSES || this.#addressRecords === 0) {
      return this.#share(`others of ${account}`, () => OTHERS_RECORDS);
    }
    this.#addresses.set(account, addresses + 1);
    return this.#share(key, () => {
      const records = Math.min(ADDRESS_RECORDS, this.#addressRecords);
      this.#addressRecords -= records;
      return records;
    });
  }

  #share(key: string, records: () => number): RefusalShare {
    const known = this.#shares.get(key);
    if (known) return known;
    const made = new RefusalShare(records());
    this.#shares.set(key, made);
    return made;
  }
}

/** The address, or for IPv6 its first four groups: one client has all addresses of such a network. */
function networkOf(source: string): string {
  if (!source.includes(":") || source.startsWith("::ffff:")) return source;
  const [head = "", tail] = source.split("::");
  const groups = head === "" ? [] : head.split(":");
  const zeros =
    tail === undefined ? 0 : 8 - groups.length - (tail === "" ? 0 : tail.split(":").length);
  return [...groups, ...Array.from({ length: Math.max(0, zeros) }, () => "0")]
    .slice(0, 4)
    .join(":");
}
