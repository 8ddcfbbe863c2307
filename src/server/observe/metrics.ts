// Puts the metrics together, and the page /metrics that shows them.
import { statSync } from "node:fs";
import type { QuotaKeeper } from "../../access/limits/quotas.ts";
import type { BudgetMeter } from "../../budget-meter.ts";
import type { Config } from "../../config/settings.ts";
import type { Engine } from "../../engine/engine.ts";
import type { AnswerListener } from "../../http/access-port.ts";
import type { MetricsPage } from "../../http/pages/metrics-page.ts";
import { AccountMetrics, type AccountSource } from "../../metrics/account-metrics.ts";
import { budgetFamilies } from "../../metrics/budget-metrics.ts";
import {
  exposition,
  formatFor,
  OPENMETRICS_TYPE,
  PROMETHEUS_TYPE,
} from "../../metrics/exposition.ts";
import { eventLoopMetrics, processMetrics } from "../../metrics/process-metrics.ts";
import { type Family, gauge, type ScrapedFamily, total } from "../../metrics/registry.ts";
import { RequestMetrics } from "../../metrics/request-metrics.ts";
import { StoreMetrics } from "../../metrics/store-metrics.ts";
import { TaskMetrics } from "../../metrics/task-metrics.ts";
import type { Push } from "../../push/push.ts";
import type { SqliteStore } from "../../store/sqlite/sqlite-store.ts";
import type { ClockWatch } from "./clock-watch.ts";

export interface MetricsParts {
  readonly engine: Engine;
  readonly store: SqliteStore;
  readonly push: Push;
  readonly quotas: QuotaKeeper;
  readonly budgets: BudgetMeter;
  readonly accounts: AccountSource;
  readonly version: string;
  readonly now: () => number;
  readonly clockWatch: ClockWatch;
}

/** Counts from the start on; `page` shows the metrics once all parts are running. */
export class Metrics {
  readonly #requests = new RequestMetrics();
  readonly #store = new StoreMetrics();
  #stop = () => {};

  /** For the store. */
  readonly appended = this.#store.appended;

  /** Counts every answer. */
  readonly answered: AnswerListener = (call, { status, problem }, ms) => {
    this.#requests.answered({
      dialect: call.recognised ? call.dialect.name : undefined,
      action: call.action,
      status,
      seconds: call.held ? undefined : ms / 1_000,
      reason: problem?.reason,
    });
  };

  /** Before the engine starts, so that no commit is missed. */
  follow(engine: Engine, store: SqliteStore): readonly Family[] {
    const known = new Set(engine.types().map(({ product, type }) => `${product} ${type.type}`));
    const tasks = new TaskMetrics({
      isKnown: (product, type) => known.has(`${product} ${type}`),
      counts: () => store.counts(),
    });
    engine.onCommit((task, events) => tasks.committed(task, events));
    return tasks.families;
  }

  page(
    parts: MetricsParts,
    tasks: readonly Family[],
    { metricsToken: token }: Config,
  ): Omit<MetricsPage, "guard"> {
    const loop = eventLoopMetrics();
    this.#stop = loop.stop;
    const accounts = new AccountMetrics(parts.accounts);
    const byAccount = { yes: accounts.families(true), no: accounts.families(false) };
    const families = [
      ...this.#requests.families,
      ...tasks,
      ...loadFamilies(parts),
      ...this.#store.families(() => ({
        ...parts.store.statistics,
        logBytes: statSync(`${parts.store.location}-wal`, { throwIfNoEntry: false })?.size ?? 0,
      })),
      ...pushFamilies(parts.push),
      ...budgetFamilies(() => parts.budgets.readings()),
      ...loop.families,
      ...parts.clockWatch.families,
      ...processMetrics(parts.version),
    ];
    const render: MetricsPage["render"] = async (accept, named) => {
      const format = formatFor(accept);
      const type = format === "openmetrics" ? OPENMETRICS_TYPE : PROMETHEUS_TYPE;
      const all = [...families, ...byAccount[named ? "yes" : "no"]];
      return { type, text: await exposition(all, format) };
    };
    return { render, token };
  }

  stop(): void {
    this.#stop();
  }
}

function loadFamilies({ engine, quotas, now }: MetricsParts): readonly Family[] {
  const oldestSeconds = () => {
    const { longest } = engine.load;
    if (longest === undefined) return 0;
    return Math.max(0, now() - Math.max(longest.createdAt, longest.notBefore ?? 0)) / 1_000;
  };
  return [
    gauge("taskscribe_tasks_open", "Tasks that have not ended.", () => engine.openTasks),
    gauge(
      "taskscribe_queue_tasks",
      "Tasks that wait for a slot, a key or a rate.",
      () => engine.load.waiting,
    ),
    gauge(
      "taskscribe_queue_oldest_seconds",
      "How long the first of them has waited.",
      oldestSeconds,
    ),
    gauge("taskscribe_slots_taken", "Tasks that have a slot.", () => engine.load.running),
    gauge("taskscribe_slots", "Tasks that may run at once.", () => engine.load.slots),
    gauge(
      "taskscribe_steps_silent",
      "Running steps that have given no sign for longer than they should.",
      () => engine.load.silent,
    ),
    gauge(
      "taskscribe_handlers_abandoned",
      "Handlers that ignore their signal: they go on after their attempts were given up. The log names them.",
      () => engine.load.abandoned,
    ),
    quotaFamily(quotas),
    cacheFamily(engine),
  ];
}

/** The use of the account that is nearest to its quota; the log names the account. */
function quotaFamily(quotas: QuotaKeeper): ScrapedFamily {
  return {
    type: "gauge",
    name: "taskscribe_quota_used_ratio",
    help: "Of each quota, by the account that has used most of its own.",
    labelNames: ["quota"],
    read: () => [...quotas.nearest].map(([quota, value]) => ({ labels: [quota], value })),
  };
}

function cacheFamily(engine: Engine): ScrapedFamily {
  return {
    type: "counter",
    name: "taskscribe_cache_lookups_total",
    help: "Look-ups of tasks that have ended: found at hand, or to be read.",
    labelNames: ["cache", "outcome"],
    read: () => [
      { labels: ["ended-tasks", "hit"], value: engine.cache.hits },
      { labels: ["ended-tasks", "miss"], value: engine.cache.misses },
    ],
  };
}

function pushFamilies({ watch, streams, webhooks }: Push): readonly Family[] {
  const counted = () => webhooks?.counted ?? { delivered: 0, failed: 0, dead: 0 };
  return [
    gauge("taskscribe_waits_open", "Waits and held describes under way.", () => watch.size),
    gauge("taskscribe_streams_open", "Open streams of events.", () => streams.size),
    gauge("taskscribe_webhooks", "Webhooks there are.", () => webhooks?.size ?? 0),
    {
      type: "counter",
      name: "taskscribe_webhook_attempts_total",
      help: "Attempts to deliver, the tests of webhooks included.",
      labelNames: ["outcome"],
      read: () => [
        { labels: ["delivered"], value: counted().delivered },
        { labels: ["failed"], value: counted().failed },
      ],
    },
    total(
      "taskscribe_webhook_dead_letters_total",
      "Entries that could not be delivered however often it was tried.",
      () => counted().dead,
    ),
  ];
}
