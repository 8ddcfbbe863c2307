import type { SpanContext } from "@opentelemetry/api";
import type { BatchSpanProcessor, ReadableSpan } from "@opentelemetry/sdk-trace-base";
import type { EndedSpan } from "./task-spans.ts";

/** OpenTelemetry's numbers; the names are types only, and the packages may not be there. */
const INTERNAL = 0;
const UNSET = 0;
const ERROR = 2;
const SAMPLED = 1;

export interface SpanExport {
  ended(span: EndedSpan): void;
  /** Sends what is still to be sent. */
  stop(): Promise<void>;
}

/**
 * Sends spans to a collector, in batches. The rest (headers, timeout, service name, resource, batch sizes) comes from
 * the standard OTEL_* variables.
 * @throws an error of Node's if the packages are not installed.
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
  const about: Common = {
    resource,
    instrumentationScope: { name: "taskscribe", version },
  };
  return {
    ended: (span) => processor.onEnd(readable(span, about)),
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
    startTime: moment(startedAt),
    endTime: moment(endedAt),
    duration: moment(endedAt - startedAt),
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

/** Seconds and nanoseconds. */
function moment(ms: number): [number, number] {
  return [Math.floor(ms / 1_000), (ms % 1_000) * 1e6];
}
