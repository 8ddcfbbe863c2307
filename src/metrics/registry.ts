/** One value of a family, with its label values in the order of the label names. */
export interface Reading {
  readonly labels: readonly string[];
  readonly value: number;
}

interface FamilyInfo {
  /** Named as Prometheus wants it: a counter ends in `_total`, a duration in `_seconds`. */
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

/** A family whose values are read at each scrape. */
export interface ScrapedFamily extends FamilyInfo {
  readonly type: "counter" | "gauge" | "summary";
  read(): readonly Reading[] | Promise<readonly Reading[]>;
}

export interface Distribution {
  readonly labels: readonly string[];
  /** One count for each bound, without the counts of lower bounds, and one more for values above all bounds. */
  readonly buckets: ArrayLike<number>;
  readonly sum: number;
}

export interface HistogramFamily extends FamilyInfo {
  readonly type: "histogram";
  readonly bounds: readonly number[];
  distributions(): readonly Distribution[];
}

export type Family = ScrapedFamily | HistogramFamily;

/** The largest number of series of one family. Further label values are counted together as `other`. */
const MAX_SERIES = 2_000;
const OTHER = "other";

/** Cells by the values of their labels. */
class Cells<C> {
  readonly #make: (labels: readonly string[]) => C;
  readonly #known = new Map<string, C>();

  constructor(make: (labels: readonly string[]) => C) {
    this.#make = make;
  }

  of(labels: readonly string[]): C {
    // No label contains this control character, so different lists give different keys.
    const key = labels.join("\u0001");
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= MAX_SERIES && labels.some((label) => label !== OTHER)) {
      return this.of(labels.map(() => OTHER));
    }
    const made = this.#make(labels);
    this.#known.set(key, made);
    return made;
  }

  all(): readonly C[] {
    return [...this.#known.values()];
  }
}

class CounterCell implements Reading {
  readonly labels: readonly string[];
  value = 0;

  constructor(labels: readonly string[]) {
    this.labels = labels;
  }

  add(by = 1): void {
    this.value += by;
  }
}

/** A counter. On a hot path, keep the cell: then counting costs one addition. */
export class Counter implements ScrapedFamily {
  readonly type = "counter";
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly #cells = new Cells((labels) => new CounterCell(labels));

  constructor(name: string, help: string, labelNames: readonly string[] = []) {
    this.name = name;
    this.help = help;
    this.labelNames = labelNames;
  }

  of(...labels: readonly string[]): CounterCell {
    return this.#cells.of(labels);
  }

  read(): readonly Reading[] {
    return this.#cells.all();
  }
}

class HistogramCell implements Distribution {
  readonly labels: readonly string[];
  readonly buckets: Float64Array;
  sum = 0;
  readonly #bounds: readonly number[];

  constructor(labels: readonly string[], bounds: readonly number[]) {
    this.labels = labels;
    this.#bounds = bounds;
    this.buckets = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let i = 0;
    while (i < bounds.length && value > (bounds[i] ?? 0)) i++;
    this.buckets[i] = (this.buckets[i] ?? 0) + 1;
    this.sum += value;
  }
}

/** A histogram. */
export class Histogram implements HistogramFamily {
  readonly type = "histogram";
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly bounds: readonly number[];
  readonly #cells: Cells<HistogramCell>;

  constructor(
    name: string,
    help: string,
    bounds: readonly number[],
    labelNames: readonly string[] = [],
  ) {
    this.name = name;
    this.help = help;
    this.bounds = bounds;
    this.labelNames = labelNames;
    this.#cells = new Cells((labels) => new HistogramCell(labels, bounds));
  }

  of(...labels: readonly string[]): HistogramCell {
    return this.#cells.of(labels);
  }

  distributions(): readonly Distribution[] {
    return this.#cells.all();
  }
}

/** A gauge whose value is read at each scrape. */
export function gauge(name: string, help: string, read: () => number): ScrapedFamily {
  return { type: "gauge", name, help, labelNames: [], read: () => [{ labels: [], value: read() }] };
}

/** A counter that is kept elsewhere and read at each scrape. */
export function total(name: string, help: string, read: () => number): ScrapedFamily {
  return { ...gauge(name, help, read), type: "counter" };
}

/** In seconds, from the time of a describe to the longest time that a client waits. */
export const REQUEST_BOUNDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

/** In seconds, from a step that does nothing to a step that takes half a day. */
export const WORK_BOUNDS = [
  0.01, 0.05, 0.1, 0.5, 1, 5, 15, 30, 60, 300, 900, 3_600, 14_400, 43_200,
] as const;
