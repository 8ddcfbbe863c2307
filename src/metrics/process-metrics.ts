import { monitorEventLoopDelay } from "node:perf_hooks";
import { type Family, gauge, type ScrapedFamily, total } from "./registry.ts";

/** How often the delay of the event loop is measured. The measured delay includes this time. */
const RESOLUTION_MS = 10;

/** The use of resources by the process, with the names that dashboards for Node.js use. */
export function processMetrics(version: string): readonly Family[] {
  const memory = (part: keyof NodeJS.MemoryUsage) => () => process.memoryUsage()[part];
  const startedAt = Date.now() / 1_000 - process.uptime();
  return [
    gauge("process_resident_memory_bytes", "Memory of the process.", () =>
      process.memoryUsage.rss(),
    ),
    gauge("nodejs_heap_size_used_bytes", "Memory that JavaScript objects use.", memory("heapUsed")),
    gauge(
      "nodejs_heap_size_total_bytes",
      "Memory that is reserved for JavaScript objects.",
      memory("heapTotal"),
    ),
    gauge(
      "nodejs_external_memory_bytes",
      "Memory outside the JavaScript heap, such as buffers.",
      memory("external"),
    ),
    total("process_cpu_seconds_total", "Processor time, user and system.", () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    }),
    gauge(
      "process_start_time_seconds",
      "Start time of the process, in seconds since 1970.",
      () => startedAt,
    ),
    {
      type: "gauge",
      name: "taskscribe_build_info",
      help: "Always 1. The labels show the versions of server and Node.js.",
      labelNames: ["version", "node"],
      read: () => [{ labels: [version, process.version], value: 1 }],
    },
  ];
}

/** The delay of the event loop since the last scrape. `stop` lets the process end. */
export function eventLoopMetrics(): { readonly families: readonly Family[]; stop(): void } {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const late = (nanoseconds: number) =>
    delay.count === 0 ? 0 : Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS) / 1_000;
  const lag: ScrapedFamily = {
    type: "summary",
    name: "nodejs_eventloop_lag_seconds",
    help: "Delay of the event loop since the last scrape, by quantile.",
    labelNames: ["quantile"],
    read: () => {
      const readings = [0.5, 0.9, 0.99].map((quantile) => ({
        labels: [String(quantile)],
        value: late(delay.percentile(quantile * 100)),
      }));
      readings.push({ labels: ["1"], value: late(delay.max) });
      delay.reset();
      return readings;
    },
  };
  return { families: [lag], stop: () => void delay.disable() };
}
