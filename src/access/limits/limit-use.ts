import type { LimitedKind } from "../../share-table.ts";

/** How much an account has of one kind, and how much it may have. */
export interface LimitUse {
  readonly kind: LimitedKind;
  readonly used: number;
  /** Infinity: as much as there is. */
  readonly limit: number;
  /** Times that something was refused since the start; undefined: what is beyond the limit waits. */
  readonly refused?: number;
}
