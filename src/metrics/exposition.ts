import type { Distributed, Family } from "./registry.ts";

export const OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";
export const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type Format = "openmetrics" | "prometheus";

/** Scrapers that know OpenMetrics say so; people and old scrapers get the older text. */
export function formatFor(accept: string | undefined): Format {
  return accept?.includes("application/openmetrics-text") ? "openmetrics" : "prometheus";
}

/** All families as text. Those without a series are left out. */
export async function exposition(families: readonly Family[], format: Format): Promise<string> {
  const parts: string[] = [];
  for (const family of families) {
    const lines = family.type === "histogram" ? histogramLines(family) : await readLines(family);
    if (lines.length > 0) parts.push(...head(family, format), ...lines);
  }
  if (format === "openmetrics") parts.push("# EOF");
  return `${parts.join("\n")}\n`;
}

/** In OpenMetrics a counter's family is called without the `_total` of its samples, and may name its unit. */
function head({ name, help, type }: Family, format: Format): readonly string[] {
  const known = format === "openmetrics" && type === "counter" ? name.replace(/_total$/, "") : name;
  const [, unit] = /_(seconds|bytes|ratio)$/.exec(known) ?? [];
  return [
    `# TYPE ${known} ${type}`,
    ...(format === "openmetrics" && unit ? [`# UNIT ${known} ${unit}`] : []),
    `# HELP ${known} ${escaped(help)}`,
  ];
}

async function readLines(family: Exclude<Family, Distributed>): Promise<readonly string[]> {
  const { name, labelNames } = family;
  const readings = await family.read();
  return readings.map(
    ({ labels, value }) => `${name}${labelText(labelNames, labels)} ${numberText(value)}`,
  );
}

function histogramLines(family: Distributed): readonly string[] {
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

/** `1` is written `1.0`, so that the same bound is the same text wherever it comes from. */
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
