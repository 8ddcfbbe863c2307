import type { Family, HistogramFamily } from "./registry.ts";

export const OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";
export const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type Format = "openmetrics" | "prometheus";

/** Scrapers that accept OpenMetrics get it. People and older scrapers get the older Prometheus text. */
export function formatFor(accept: string | undefined): Format {
  return accept?.includes("application/openmetrics-text") ? "openmetrics" : "prometheus";
}

/** All families as text. Families without a series are left out. */
export async function exposition(families: readonly Family[], format: Format): Promise<string> {
  const parts: string[] = [];
  for (const family of families) {
    const lines = family.type === "histogram" ? histogramLines(family) : await readLines(family);
    if (lines.length > 0) parts.push(...head(family, format), ...lines);
  }
  if (format === "openmetrics") parts.push("# EOF");
  return `${parts.join("\n")}\n`;
}

/** In OpenMetrics the name of a counter family does not have the `_total` of its samples, and the unit may be named. */
function head({ name, help, type }: Family, format: Format): readonly string[] {
  const known = format === "openmetrics" && type === "counter" ? name.replace(/_total$/, "") : name;
  const [, unit] = /_(seconds|bytes|ratio)$/.exec(known) ?? [];
  return [
    `# TYPE ${known} ${type}`,
    ...(format === "openmetrics" && unit ? [`# UNIT ${known} ${unit}`] : []),
    `# HELP ${known} ${escaped(help)}`,
  ];
}

async function readLines(family: Exclude<Family, HistogramFamily>): Promise<readonly string[]> {
  const { name, labelNames } = family;
  const readings = await family.read();
  return readings.map(
    ({ labels, value }) => `${name}${labelText(labelNames, labels)} ${numberText(value)}`,
  );
}

function histogramLines(family: HistogramFamily): readonly string[] {
  const { name, labelNames, bounds } = family;
  return family.distributions().flatMap(({ labels, buckets, sum }) => {
    let count = 0;
    const lines = [...bounds, Number.POSITIVE_INFINITY].map((bound, i) => {
      count += buckets[i] ?? 0;
      const within = labelText([...labelNames, "le"], [...labels, boundText(bound)]);
      return `${name}_bucket${within} ${count}`;
    });
    const own = labelText(labelNames, labels);
    return [...lines, `${name}_count${own} ${count}`, `${name}_sum${own} ${numberText(sum)}`];
  });
}

function labelText(names: readonly string[], values: readonly string[]): string {
  if (names.length === 0) return "";
  return `{${names.map((name, i) => `${name}="${escaped(values[i] ?? "")}"`).join(",")}}`;
}

/** Writes `1` as `1.0`, so that the same bound always has the same text. */
function boundText(bound: number): string {
  if (bound === Number.POSITIVE_INFINITY) return "+Inf";
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return String(value);
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
