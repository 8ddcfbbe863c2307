// Puts together what tells clients about changes that they subscribed to: waits, streams and webhooks.
import type { Logger } from "pino";
import type { Shares } from "../access/limits/shares.ts";
import { sealedWebhooks } from "../access/sealed-webhooks.ts";
import type { SecretKeeper } from "../access/secrets/secret-keeper.ts";
import type { BudgetMeter } from "../budget-meter.ts";
import { systemClock } from "../clock.ts";
import { ConfigError } from "../config/config-error.ts";
import type { Config } from "../config/settings.ts";
import { parseHold } from "../dialects/hold.ts";
import type { Engine } from "../engine/engine.ts";
import { FaultError } from "../message/fault.ts";
import { Push } from "../push/push.ts";
import type { PushCounts } from "../push/share-counts.ts";
import { createSend } from "../push/webhooks/sender.ts";
import { targetRules } from "../push/webhooks/targets.ts";
import { DEFAULT_WEBHOOK_LIMITS, type WebhookLimits } from "../push/webhooks/webhook-shares.ts";
import { Webhooks } from "../push/webhooks/webhooks.ts";
import { openSqliteWebhookStore } from "../store/sqlite/webhooks/sqlite-webhook-store.ts";
import type { RightsOf } from "../task-rights.ts";

export interface PushParts {
  readonly config: Config;
  readonly engine: Engine;
  readonly secrets: SecretKeeper;
  readonly log: Logger;
  readonly rightsOf: RightsOf;
  /** Absent: everyone is one account, and nothing is refused. */
  readonly shares: Shares | undefined;
  readonly budgets: BudgetMeter;
}

/** Waits and streams end with the HTTP server; `push.webhooks.stop` ends the webhooks. */
export async function startPush({
  config,
  engine,
  secrets,
  log,
  rightsOf,
  shares,
  budgets,
}: PushParts): Promise<Push> {
  const push = new Push({
    service: engine,
    clock: systemClock,
    onCommit: (listener) => engine.onCommit(listener),
    counts: shares && countsIn(shares),
    budgets,
  });
  const { feed } = push;
  budgets.uses("sharedLogBytes", () => feed.pages.bytes);
  budgets.uses("filterStateBytes", () => feed.states.bytes);
  budgets.uses("waitingEntriesBytes", () => feed.waitingBytes);
  const opened = await openSqliteWebhookStore(config.data);
  const store = sealedWebhooks(opened, secrets.box, (webhook, error) =>
    log.error({ webhook, err: error }, "a webhook delivers nothing, because of its secret"),
  );
  secrets.resealables.push(store.resealable);
  const webhooks = new Webhooks({
    store,
    service: engine,
    feed: push.feed,
    clock: systemClock,
    random: Math.random,
    send: createSend(webhookRules(config), log),
    log,
    rightsOf,
    limits: webhookLimits(config),
    budgets: budgets.budgets,
  });
  budgets.uses("undeliveredBytes", () => webhooks.heldBytes);
  push.webhooks = webhooks;
  await webhooks.start();
  return push;
}

/** What accounts may have of webhooks, by the settings and else by the table. */
export function webhookLimits({ shares: { accounts = {}, ...all } }: Config): WebhookLimits {
  return (account, kind) => {
    const own = Object.hasOwn(accounts, account) ? accounts[account] : undefined;
    return own?.[kind] ?? all[kind] ?? DEFAULT_WEBHOOK_LIMITS(account, kind);
  };
}

function countsIn(shares: Shares): PushCounts {
  return {
    take: (account, kind) => {
      const denial = shares.take(account, kind);
      return denial && new FaultError(denial);
    },
    give: (account, kind) => shares.give(account, kind),
    pollers: (account) => shares.limitOf(account, "pollers"),
  };
}

function webhookRules({ webhookTargets }: Config) {
  try {
    return targetRules(webhookTargets);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause;
    throw new ConfigError(`webhookTargets: ${reason}`, { cause });
  }
}

export function holdSettings({ hold, holdCapMs }: Config) {
  try {
    return parseHold(hold, holdCapMs);
  } catch (cause) {
    throw new ConfigError(`hold: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
