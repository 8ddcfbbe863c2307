import { DomainError } from "../../core/errors.ts";
import type { Log } from "../../log.ts";
import type { AccountUsage } from "../../store/store.ts";
import type { Denial } from "../call.ts";
import type { LimitUse } from "./limit-use.ts";

interface TaskQuotas {
  /** Tasks of one account that have not ended, subtasks left out. */
  readonly openTasks?: number;
  /** Tasks of one account, ended ones included, subtasks left out. */
  readonly storedTasks?: number;
  /** What the rows and logs of all these tasks take up, subtasks included. A task that runs goes on beyond it. */
  readonly storedBytes?: number;
}

export interface Quotas extends TaskQuotas {
  /** By account; goes before what is set for all. */
  readonly accounts?: Readonly<Record<string, TaskQuotas>>;
}

/** From this share on, callers are warned. */
const WARN_FROM = 0.8;

/** What a task takes up at least; how much it will be is not known before it is stored. */
const LEAST_TASK_BYTES = 1_000;

interface Usage {
  readonly quotas: TaskQuotas;
  /** Whether it has any quota. */
  readonly isLimited: boolean;
  open: number;
  stored: number;
  bytes: number;
  /** Let in, but not yet submitted or refused. */
  coming: number;
  readonly warned: Set<string>;
  /** Submissions that were refused since the start, by quota. */
  readonly refused: { openTasks: number; storedTasks: number; storedBytes: number };
}

/** How many tasks each account has, and whether it may have one more. */
export class QuotaKeeper {
  readonly #quotas: Quotas;
  readonly #log: Log;
  readonly #usage = new Map<string, Usage>();

  constructor(quotas: Quotas, log: Log) {
    this.#quotas = quotas;
    this.#log = log;
  }

  /** Counts a task that is about to be submitted; `release` takes that back when the submission is settled. */
  reserve(account: string): Denial | undefined {
    const usage = this.#of(account);
    if (!usage.isLimited) {
      usage.coming++;
      return undefined;
    }
    for (const { kind, name, code, limit, used, each } of this.#measures(usage)) {
      if (used + usage.coming * each < limit) continue;
      usage.refused[kind]++;
      return denial(name, code, limit);
    }
    usage.coming++;
    return undefined;
  }

  /** Like `reserve`, for a task that no request starts. @throws DomainError `ResourceBusy`; @returns `release`. */
  reserveOrThrow(account: string): () => void {
    const denial = this.reserve(account);
    if (denial) throw new DomainError("ResourceBusy", denial.message, { quota: denial.code });
    return () => this.release(account);
  }

  release(account: string): void {
    this.#of(account).coming--;
  }

  /** For the header that warns before the wall; undefined while there is room enough. */
  warning(account: string): string | undefined {
    const usage = this.#of(account);
    if (!usage.isLimited) return undefined;
    const near = this.#measures(usage).filter(({ used, limit }) => used >= limit * WARN_FROM);
    for (const { name, used, limit } of near) {
      if (usage.warned.has(name)) continue;
      usage.warned.add(name);
      this.#log.warn({ account, used, limit }, `an account is near its quota of ${name}`);
    }
    for (const name of usage.warned) {
      if (!near.some((one) => one.name === name)) usage.warned.delete(name);
    }
    if (near.length === 0) return undefined;
    return near.map(({ name, used, limit }) => `${used} of ${limit} ${name}`).join(", ");
  }

  submitted(account: string): void {
    const usage = this.#of(account);
    usage.open++;
    usage.stored++;
  }

  ended(account: string): void {
    this.#of(account).open--;
  }

  /** The task has ended before, and is not stored any more. */
  archived(account: string): void {
    this.#of(account).stored--;
  }

  /** The account's tasks take up so much more; less than 0: some were archived. */
  storedMore(account: string, bytes: number): void {
    this.#of(account).bytes += bytes;
  }

  /** What the account had before this start. */
  restore({ account, open, stored, bytes }: AccountUsage): void {
    const usage = this.#of(account);
    usage.bytes += bytes;
    usage.open += open;
    usage.stored += stored;
  }

  usageOf(account: string): readonly LimitUse[] {
    const usage = this.#usage.get(account) ?? nothing(this.#quotasOf(account));
    const { open, stored, bytes, refused } = usage;
    const { openTasks = Infinity, storedTasks = Infinity, storedBytes = Infinity } = usage.quotas;
    return [
      { kind: "openTasks", used: open, limit: openTasks, refused: refused.openTasks },
      { kind: "storedTasks", used: stored, limit: storedTasks, refused: refused.storedTasks },
      { kind: "storedBytes", used: bytes, limit: storedBytes, refused: refused.storedBytes },
    ];
  }

  /** How much of each quota the account has used that has used most of it, as a share. */
  get nearest(): ReadonlyMap<string, number> {
    const nearest = new Map<string, number>();
    for (const usage of this.#usage.values()) {
      for (const { name, limit, used } of this.#measures(usage)) {
        nearest.set(name, Math.max(nearest.get(name) ?? 0, limit === 0 ? 1 : used / limit));
      }
    }
    return nearest;
  }

  #measures({ open, stored, bytes, quotas: { openTasks, storedTasks, storedBytes } }: Usage) {
    const measures = [
      {
        kind: "openTasks",
        name: "open tasks",
        code: "OpenTasks",
        limit: openTasks,
        used: open,
        each: 1,
      },
      {
        kind: "storedTasks",
        name: "stored tasks",
        code: "StoredTasks",
        limit: storedTasks,
        used: stored,
        each: 1,
      },
      {
        kind: "storedBytes",
        name: "stored bytes",
        code: "StoredBytes",
        limit: storedBytes,
        used: bytes,
        each: LEAST_TASK_BYTES,
      },
    ] as const;
    return measures.filter(
      (measure): measure is typeof measure & { limit: number } => measure.limit !== undefined,
    );
  }

  #quotasOf(account: string): TaskQuotas {
    const { accounts = {}, ...all } = this.#quotas;
    return Object.hasOwn(accounts, account) ? { ...all, ...accounts[account] } : all;
  }

  #of(account: string): Usage {
    const known = this.#usage.get(account);
    if (known) return known;
    const made = nothing(this.#quotasOf(account));
    this.#usage.set(account, made);
    return made;
  }
}

function nothing(quotas: TaskQuotas): Usage {
  const { openTasks, storedTasks, storedBytes } = quotas;
  const isLimited = [openTasks, storedTasks, storedBytes].some((limit) => limit !== undefined);
  return {
    quotas,
    isLimited,
    open: 0,
    stored: 0,
    bytes: 0,
    coming: 0,
    warned: new Set(),
    refused: { openTasks: 0, storedTasks: 0, storedBytes: 0 },
  };
}

function denial(name: string, code: string, limit: number): Denial {
  return {
    status: 400,
    code: `QuotaExceeded.${code}`,
    message: `The quota of ${limit} ${name} is used up.`,
    reason: `quota-of-${name.replace(" ", "-")}`,
  };
}
