import { DomainError } from "../../core/errors.ts";

/** How often a decision is repeated because another change came first. More often means a bug. */
export const MAX_CONFLICTS = 20;

export function tooManyConflicts(what: string): DomainError {
  return new DomainError(
    "StoreUnavailable",
    `${what} kept changing while it was handled; try again`,
  );
}
