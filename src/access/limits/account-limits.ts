import { LIMIT_TABLE } from "../../share-table.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import type { Nonces } from "../keys/nonces.ts";
import { sessionLimit } from "../keys/session-limit.ts";
import type { LimitUse } from "./limit-use.ts";
import type { QuotaKeeper } from "./quotas.ts";
import { RECORD_KINDS } from "./refused-records.ts";
import type { Shares } from "./shares.ts";

/** What an account has of everything, at this moment. */
export type LimitReader = (account: string) => readonly LimitUse[];

export interface LimitParts {
  readonly ring: KeyRing;
  readonly nonces: Nonces;
  readonly quotas: QuotaKeeper;
  /** Absent: nothing that requests use up is counted. */
  readonly shares?: Shares | undefined;
  /** Reads what other rooms count: pollers that are remembered, tasks that run, webhooks. */
  readonly outside?: (() => LimitReader) | undefined;
}

/** Everything that an account has a share of; the one place where all of it comes together. */
export function limitReader({ ring, nonces, quotas, shares, outside }: LimitParts): LimitReader {
  const others = outside?.();
  return (account) => [
    ...(shares?.usageOf(account).filter(({ kind }) => kind !== "pollers") ?? []),
    ...(others?.(account) ?? []),
    ...quotas.usageOf(account),
    nonces.useOf(account),
    ...recordUses(ring, account),
  ];
}

/** What the account has in the database of access control. */
function recordUses(ring: KeyRing, account: string): readonly LimitUse[] {
  const used: Readonly<Record<(typeof RECORD_KINDS)[number], number>> = {
    keys: ring.lastingCount(account),
    sessions: ring.temporaryCountOf(account),
    roles: ring.roleCount(account),
    policies: ring.policyCount(account),
    attachments: ring.attachmentCount(account),
  };
  return RECORD_KINDS.map((kind) => ({
    kind,
    used: used[kind],
    limit: kind === "sessions" ? sessionLimit(ring) : LIMIT_TABLE[kind].most,
    refused: ring.refusedRecords.of(account, kind),
  }));
}
