// Exports spans of tasks and steps, if the settings ask for them.
import type { Logger } from "pino";
import { ConfigError } from "../../config/config-error.ts";
import type { Config } from "../../config/settings.ts";
import type { Engine } from "../../engine/engine.ts";
import { openExport } from "../../tracing/exporter.ts";
import { TaskSpans } from "../../tracing/task-spans.ts";

const PACKAGES = [
  "@opentelemetry/api",
  "@opentelemetry/sdk-trace-base",
  "@opentelemetry/exporter-trace-otlp-http",
  "@opentelemetry/resources",
];

export interface Tracing {
  stop(): Promise<void>;
}

const NONE: Tracing = { stop: async () => {} };

/**
 * To be called before the engine starts, so that no commit is missed. @throws ConfigError if the packages are missing
 */
export async function startTracing(
  { tracesEndpoint }: Config,
  version: string,
  engine: Engine,
  log: Logger,
): Promise<Tracing> {
  if (tracesEndpoint === undefined) return NONE;
  if (!URL.canParse(tracesEndpoint)) {
    const example = "http://127.0.0.1:4318/v1/traces";
    throw new ConfigError(
      `tracesEndpoint: found "${tracesEndpoint}"; give an address such as ${example}`,
    );
  }
  const exporter = await openExport(tracesEndpoint, version).catch((cause: unknown) => {
    const { code } = cause as { code?: unknown };
    if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") throw cause;
    throw new ConfigError(
      `traces are to go to ${tracesEndpoint}, but OpenTelemetry is not installed; npm install ${PACKAGES.join(" ")}, or take away tracesEndpoint and OTEL_EXPORTER_OTLP_ENDPOINT`,
      { cause },
    );
  });
  const spans = new TaskSpans(
    (account, taskId) => engine.peek(account, taskId),
    (span) => exporter.ended(span),
  );
  engine.onCommit((task, events) => spans.committed(task, events));
  log.info({ tracesEndpoint }, "spans of tasks and steps are sent");
  return {
    stop: () =>
      exporter.stop().catch((error: unknown) => log.warn({ err: error }, "spans were not sent")),
  };
}
