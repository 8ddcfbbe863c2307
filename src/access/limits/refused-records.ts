import { DomainError } from "../../core/errors.ts";

/** What lies in the database of access control. */
export const RECORD_KINDS = ["keys", "sessions", "roles", "policies", "attachments"] as const;

type RecordKind = (typeof RECORD_KINDS)[number];

/** How often each account was refused one more record since the start. */
export class RefusedRecords {
  readonly #counts = new Map<string, Partial<Record<RecordKind, number>>>();

  of(account: string, kind: RecordKind): number {
    return this.#counts.get(account)?.[kind] ?? 0;
  }

  note(account: string, kind: RecordKind): void {
    const counts = this.#counts.get(account) ?? {};
    counts[kind] = (counts[kind] ?? 0) + 1;
    this.#counts.set(account, counts);
  }
}

/** What is found of a kind, and what may be found. */
export interface Found {
  readonly limit: number;
  readonly found: number;
}

/** @throws DomainError `ResourceBusy` with the message if as many are there as may be; it is counted for the account. */
export function refuseWhenFull(
  { refusedRecords }: { readonly refusedRecords: RefusedRecords },
  account: string,
  kind: RecordKind,
  { limit, found }: Found,
  message: string,
): void {
  if (found < limit) return;
  refusedRecords.note(account, kind);
  throw new DomainError("ResourceBusy", message, { limit, found });
}
