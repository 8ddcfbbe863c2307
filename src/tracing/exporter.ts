import type { SpanContext } from "@opentelemetry/api";
import type { BatchSpanProcessor, ReadableSpan } from "@opentelemetry/sdk-trace-base";
import type { EndedSpan } from "./task-spans.ts";

/** Numbers of OpenTelemetry. They are repeated here because its packages may not be installed. */
const INTERNAL = 0;
const UNSET = 0;
const ERROR = 2;
const SAMPLED = 1;

export interface SpanExport {
  ended(span: EndedSpan): void;
  /** Sends the remaining spans. */
  stop(): Promise<void>;
}

/**
 * Sends spans to a collector, in batches. All other settings (headers, timeout, service name, resource, batch sizes) come
 * from the standard OTEL_* variables.
 * @throws an error of Node if the OpenTelemetry packages are not installed.
 */
export async function openExport(url: string, version: string): Promise<SpanExport> {
  const { BatchSpanProcessor } = await import("@opentelemetry/sdk-trace-base");
  const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-http");
  const { defaultResource, detectResources, envDetector, resourceFromAttributes } = await import(
    "@opentelemetry/resources"
  );
  const own = { "service.name": "taskscribe", "service.version": version };
  const resource = defaultResource()
    .merge(resourceFromAttributes(own))
    .merge(detectResources({ detectors: [envDetector] }));
  const processor: BatchSpanProcessor = new BatchSpanProcessor(new OTLPTraceExporter({ url }));
  const common: Common = {
    resource,
    instrumentationScope: { name: "taskscribe", version },
  };
  return {
    ended: (span) => processor.onEnd(readable(span, common)),
    stop: () => processor.shutdown(),
  };
}

type Common = Pick<ReadableSpan, "resource" | "instrumentationScope">;

function readable(span: EndedSpan, common: Common): ReadableSpan {
  const { traceId, spanId, parentSpanId, name, startedAt, endedAt, attributes, error } = span;
  const context = (id: string): SpanContext => ({ traceId, spanId: id, traceFlags: SAMPLED });
  const own = context(spanId);
  return {
    ...common,
    name,
    kind: INTERNAL,
    spanContext: () => own,
    ...(parentSpanId !== undefined && { parentSpanContext: context(parentSpanId) }),
    startTime: secondsAndNanos(startedAt),
    endTime: secondsAndNanos(endedAt),
    duration: secondsAndNanos(endedAt - startedAt),
    status: error === undefined ? { code: UNSET } : { code: ERROR, message: error },
    attributes,
    links: [],
    events: [],
    ended: true,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function secondsAndNanos(ms: number): [number, number] {
  return [Math.floor(ms / 1_000), (ms % 1_000) * 1e6];
}
