// Puts together what observes a server: metrics, request lines, spans.
import type { Logger } from "pino";
import type { Config } from "../../config/settings.ts";
import type { Engine } from "../../engine/engine.ts";
import type { AnswerListener } from "../../http/access-port.ts";
import type { MetricsPage } from "../../http/pages/metrics-page.ts";
import type { SiteGuard } from "../../http/site-guard.ts";
import { openWorkLog } from "./log.ts";
import type { Metrics, MetricsParts } from "./metrics.ts";
import { startTracing } from "./tracing.ts";

interface Watched extends Omit<MetricsParts, "push" | "quotas" | "accounts" | "clockWatch"> {
  readonly config: Config;
  readonly log: Logger;
  readonly engine: Engine;
  readonly metrics: Metrics;
}

export interface Observers {
  /** Called with every answer. */
  readonly answered: AnswerListener;
  page(
    parts: Pick<MetricsParts, "push" | "quotas" | "accounts" | "clockWatch">,
    guard: SiteGuard,
  ): MetricsPage;
  /** To be called after the engine has stopped, so that its last commits are included. */
  stop(): Promise<void>;
}

/** To be called before the engine starts, so that no commit is missed. @throws ConfigError */
export async function observe(watched: Watched): Promise<Observers> {
  const { config, version, log, engine, store, metrics } = watched;
  const tasks = metrics.follow(engine, store);
  const tracing = await startTracing(config, version, engine, log);
  const lines = openWorkLog(config, version, log, engine, metrics.answered);
  return {
    answered: lines.answered,
    page: (parts, guard) => ({ ...metrics.page({ ...watched, ...parts }, tasks, config), guard }),
    stop: async () => {
      metrics.stop();
      await tracing.stop();
      await lines.close();
    },
  };
}
