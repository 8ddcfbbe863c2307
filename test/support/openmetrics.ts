/** A strict reader of OpenMetrics 1.0 text: what it does not refuse, every scraper understands. */
export interface MetricFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  /** With its suffix, e.g. `_total`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/;
const NUMBER = /^(?:NaN|[+-]?Inf|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ["_total"],
  gauge: [""],
  histogram: ["_bucket", "_count", "_sum"],
  summary: ["", "_count", "_sum"],
};

const RESERVED = [
  ["le", "histogram"],
  ["quantile", "summary"],
] as const;

interface Open {
  name: string;
  type: string;
  help: string;
  unit: string | undefined;
  samples: Sample[];
}

/** @throws Error naming the line. */
export function parseOpenMetrics(text: string): readonly MetricFamily[] {
  if (!text.endsWith("\n# EOF\n")) throw new Error("the text does not end with # EOF");
  const families = new Map<string, Open>();
  let open: Open | undefined;
  const lines = text.slice(0, -"\n# EOF\n".length).split("\n");
  for (const [i, line] of lines.entries()) {
    try {
      if (line.startsWith("# ")) open = readComment(line, open, families);
      else readSample(line, open);
    } catch (cause) {
      throw new Error(`line ${i + 1}: ${(cause as Error).message}: ${line}`, { cause });
    }
  }
  for (const family of families.values()) checkFamily(family);
  return [...families.values()];
}

function readComment(line: string, open: Open | undefined, families: Map<string, Open>): Open {
  const [, word = "", name = "", rest = ""] = /^# (TYPE|HELP|UNIT) (\S+) (.*)$/.exec(line) ?? [];
  if (!NAME.test(name)) throw new Error("no TYPE, HELP or UNIT of a name");
  if (word === "TYPE") return begin(name, rest, families);
  if (open?.name !== name || open.samples.length > 0) throw new Error("not under its TYPE");
  if (word === "UNIT") {
    if (!name.endsWith(`_${rest}`)) throw new Error("the name does not end with its unit");
    open.unit = rest;
  } else {
    if (/(?<!\\)(?:\\\\)*\\[^\\n"]/.test(rest)) throw new Error("an escape that is none");
    open.help = rest;
  }
  return open;
}

function begin(name: string, type: string, families: Map<string, Open>): Open {
  if (!(type in SUFFIXES)) throw new Error("a type that is not expected here");
  if (families.has(name)) throw new Error("the family was there before");
  if (type === "counter" && name.endsWith("_total")) throw new Error("a counter called _total");
  const made: Open = { name, type, help: "", unit: undefined, samples: [] };
  families.set(name, made);
  return made;
}

function readSample(line: string, open: Open | undefined): void {
  const [, name = "", labelText, number = ""] = SAMPLE.exec(line) ?? [];
  if (name === "") throw new Error("no sample");
  if (open === undefined) throw new Error("a sample without a family");
  const suffixes = SUFFIXES[open.type] ?? [];
  if (!suffixes.some((suffix) => name === open.name + suffix)) throw new Error("a strange name");
  if (!NUMBER.test(number)) throw new Error("no number");
  const value = Number(number.replace("Inf", "Infinity"));
  const labels = readLabels(labelText);
  for (const [label, type] of RESERVED) {
    if (label in labels && open.type !== type) throw new Error(`${label} is a ${type}'s label`);
  }
  if (open.type !== "gauge" && !(value >= 0)) throw new Error("below 0");
  const same = JSON.stringify([name, labels]);
  if (open.samples.some((one) => JSON.stringify([one.name, one.labels]) === same)) {
    throw new Error("the series was there before");
  }
  open.samples.push({ name, labels, value });
}

function readLabels(text: string | undefined): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  if (text === "") throw new Error("empty braces");
  for (let rest = text ?? ""; rest !== ""; ) {
    const [all = "", name = "", value = "", comma = ""] = LABEL.exec(rest) ?? [];
    if (all === "") throw new Error("no label");
    if (name in labels) throw new Error(`label ${name} twice`);
    labels[name] = value.replace(/\\(.)/g, (_, escaped) => (escaped === "n" ? "\n" : escaped));
    rest = rest.slice(all.length);
    if (comma === "," && rest === "") throw new Error("a comma too many");
  }
  return labels;
}

function checkFamily({ name, type, help, samples }: Open): void {
  if (help === "") throw new Error(`${name} has no help`);
  if (samples.length === 0) throw new Error(`${name} has no sample`);
  const names = samples.map((sample) => Object.keys(sample.labels).filter((one) => one !== "le"));
  if (new Set(names.map(String)).size > 1) throw new Error(`${name} has series of unlike labels`);
  if (type === "histogram") checkHistogram(name, samples);
}

/** Buckets grow, end with +Inf, and that one is the count. */
function checkHistogram(name: string, samples: readonly Sample[]): void {
  const series = Map.groupBy(samples, ({ labels: { le: _, ...own } }) => JSON.stringify(own));
  for (const [labels, own] of series) {
    const of = (suffix: string) => own.filter((one) => one.name === name + suffix);
    const buckets = of("_bucket").map(({ labels: { le = "" }, value }) => ({ le, value }));
    const bounds = buckets.map(({ le }) => Number(le.replace("Inf", "Infinity")));
    const grows = (values: readonly number[], strictly: boolean) =>
      values.every((value, i) => {
        const before = values[i - 1] ?? Number.NEGATIVE_INFINITY;
        return strictly ? value > before : value >= before;
      });
    const counts = buckets.map(({ value }) => value);
    const fits =
      buckets.at(-1)?.le === "+Inf" &&
      grows(bounds, true) &&
      grows(counts, false) &&
      of("_count").length === 1 &&
      of("_sum").length === 1 &&
      of("_count")[0]?.value === counts.at(-1);
    if (!fits) throw new Error(`${name}${labels} is no histogram`);
  }
}

/** The value of the one series that has these labels; undefined if there is none. */
export function seriesValue(
  families: readonly MetricFamily[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const found = families
    .flatMap(({ samples }) => samples)
    .filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    );
  if (found.length > 1) throw new Error(`${found.length} series of ${name} fit`);
  return found[0]?.value;
}
