// Reads what accounts have of everything, for the command, the access API and the metrics.
import { type LimitReader, limitReader } from "../access/limits/account-limits.ts";
import type { Config } from "../config/settings.ts";
import type { Engine } from "../engine/engine.ts";
import type { Push } from "../push/push.ts";
import type { Access, CallerChecks } from "./access.ts";
import { webhookLimits } from "./push.ts";

const NO_WEBHOOKS = { webhooks: 0, refused: 0, undelivered: 0, deliveries: 0 };

export interface LimitedParts {
  readonly config: Config;
  readonly access: Pick<Access, "ring" | "nonces">;
  readonly checks: Pick<CallerChecks, "quotas" | "shares">;
  readonly engine: Engine;
  readonly push: Push;
}

/** The reader tells what an account has at the moment at which it is asked. */
export function limitsOf({ config, access, checks, engine, push }: LimitedParts) {
  const { ring, nonces } = access;
  const outside = () => outsideReader(config, engine, push);
  return () => limitReader({ ring, nonces, ...checks, outside });
}

/** How many tasks of an account may run at once; undefined: nobody has a limit. */
export function runningLimitOf({ quotas: { accounts = {}, runningTasks } }: Config) {
  const limited = runningTasks !== undefined || Object.values(accounts).some(hasRunningLimit);
  if (!limited) return undefined;
  return (account: string): number | undefined =>
    (Object.hasOwn(accounts, account) ? accounts[account]?.runningTasks : undefined) ??
    runningTasks;
}

function hasRunningLimit({ runningTasks }: { readonly runningTasks?: number }): boolean {
  return runningTasks !== undefined;
}

function outsideReader(config: Config, engine: Engine, { holds, webhooks }: Push): LimitReader {
  const running = engine.load.runningByAccount();
  const runningLimit = runningLimitOf(config);
  const limitOf = webhookLimits(config);
  return (account) => {
    const use = webhooks?.usageOf(account) ?? NO_WEBHOOKS;
    return [
      { kind: "pollers", used: holds.remembered(account), limit: holds.most(account) },
      {
        kind: "webhooks",
        used: use.webhooks,
        limit: limitOf(account, "webhooks"),
        refused: use.refused,
      },
      { kind: "deliveries", used: use.deliveries, limit: limitOf(account, "deliveries") },
      { kind: "undelivered", used: use.undelivered, limit: limitOf(account, "undelivered") },
      {
        kind: "runningTasks",
        used: running.get(account) ?? 0,
        limit: runningLimit?.(account) ?? Infinity,
      },
    ];
  };
}
