import { LIMIT_TABLE } from "../../share-table.ts";
import type { KeyRing } from "./key-ring.ts";

/** Of all accounts together: about 50 MB, and 50 MB more for those that are ready for use. Above it each account has an equal share. */
const ALL_TEMPORARY_KEYS_LIMIT = 50_000;

/** How many temporary keys one account may have now. */
export function sessionLimit({ temporaryCount, accounts }: KeyRing): number {
  const { most } = LIMIT_TABLE.sessions;
  if (temporaryCount < ALL_TEMPORARY_KEYS_LIMIT) return most;
  return Math.min(most, Math.floor(ALL_TEMPORARY_KEYS_LIMIT / Math.max(1, accounts.length)));
}
