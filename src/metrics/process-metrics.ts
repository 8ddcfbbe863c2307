import { monitorEventLoopDelay } from "node:perf_hooks";
import { type Family, gauge, type Read, total } from "./registry.ts";

/** How often the loop is asked whether it is on time. What it says includes this. */
const RESOLUTION_MS = 10;

/** What the process uses, under the names that dashboards for Node know. */
export function processMetrics(version: string): readonly Family[] {
  const memory = (part: keyof NodeJS.MemoryUsage) => () => process.memoryUsage()[part];
  const startedAt = Date.now() / 1_000 - process.uptime();
  return [
    gauge("process_resident_memory_bytes", "Memory of the process.", () =>
      process.memoryUsage.rss(),
    ),
    gauge("nodejs_heap_size_used_bytes", "JavaScript objects.", memory("heapUsed")),
    gauge("nodejs_heap_size_total_bytes", "Memory set aside for them.", memory("heapTotal")),
    gauge("nodejs_external_memory_bytes", "Buffers and the like.", memory("external")),
    total("process_cpu_seconds_total", "Processor time, user and system.", () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    }),
    gauge("process_start_time_seconds", "When the process began.", () => startedAt),
    {
      type: "gauge",
      name: "taskscribe_build_info",
      help: "Always 1; the labels say what runs.",
      labelNames: ["version", "node"],
      read: () => [{ labels: [version, process.version], value: 1 }],
    },
  ];
}

/** How late the event loop comes, since it was last looked at. `stop` lets the process end. */
export function eventLoopMetrics(): { readonly families: readonly Family[]; stop(): void } {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const late = (nanoseconds: number) =>
    delay.count === 0 ? 0 : Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS) / 1_000;
  const lag: Read = {
    type: "summary",
    name: "nodejs_eventloop_lag_seconds",
    help: "How late the event loop came since the last look, by share of the time.",
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
