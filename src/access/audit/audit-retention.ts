import type { Clock } from "../../clock.ts";
import type { Log } from "../../log.ts";
import { type AccessStore, BLANK_RECORD } from "../../store/access-store.ts";
import { type AuditKey, signedRemoval } from "./audit-heads.ts";

const INTERVAL_MS = 60 * 60_000;
/** After the start, which has other things to do. */
const FIRST_MS = 60_000;
/** Entries that one write removes: some milliseconds of the writer. */
const BATCH = 500;

export interface AuditRetentionOptions {
  readonly store: AccessStore;
  readonly key: AuditKey;
  readonly clock: Clock;
  readonly log: Log;
  /** The age at which entries go, in ms. */
  readonly keepMs: number;
  /** The last entry that need not be kept for somebody who has not got it yet. */
  readonly shippedUpTo: () => number;
}

/**
 * Removes entries that are old enough, up to a signed head of this key. The head stays, with a signature that says that
 * the entries up to it were removed, so that the chain can still be checked from there.
 */
export class AuditRetention {
  readonly #options: AuditRetentionOptions;
  #timer: (() => void) | undefined;
  #under: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: AuditRetentionOptions) {
    this.#options = options;
    this.#schedule(FIRST_MS);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.();
    await this.#under;
  }

  #schedule(delay: number): void {
    const { clock } = this.#options;
    this.#timer = clock.after(delay, () => {
      this.#under = this.#run().finally(() => {
        if (!this.#isClosed) this.#schedule(INTERVAL_MS);
      });
    });
  }

  async #run(): Promise<void> {
    const { store, log } = this.#options;
    try {
      await this.#anchor();
      // What an earlier run left when it was cut off goes, too.
      const upTo = (await store.auditAnchor())?.seq ?? 0;
      while (!this.#isClosed) {
        const oldest = await store.oldestAudit();
        if (oldest === 0 || oldest > upTo) return;
        await store.write({ removeAudit: BATCH });
      }
    } catch (error) {
      log.error({ err: error }, "old entries of the audit could not be removed yet");
    }
  }

  /** Makes the newest head that is old enough the anchor, and records it. */
  async #anchor(): Promise<void> {
    const { store, key, clock, keepMs, shippedUpTo } = this.#options;
    const head = await store.headBefore(clock.now() - keepMs);
    if (head === undefined || head.keyId !== key.id || head.seq > shippedUpTo()) return;
    const before = (await store.auditAnchor())?.seq ?? 0;
    // The last entry stays, so that the end of the chain is always an entry.
    if (head.seq <= before || head.seq >= (await store.auditHead()).seq) return;
    const record = {
      ...BLANK_RECORD,
      at: clock.now(),
      actor: "retention",
      action: "taskscribe:RemoveAudit",
      resource: `audit/${before + 1}-${head.seq}`,
      outcome: "done" as const,
      count: 1,
    };
    const anchor = { seq: head.seq, signature: signedRemoval(key, head) };
    await store.write({ anchor, audit: [record] });
  }
}
