/** One number with the values of its family's labels, in the order of their names. */
export interface Reading {
  readonly labels: readonly string[];
  readonly value: number;
}

interface Named {
  /** As Prometheus has it: a counter ends in `_total`, a span in `_seconds`. */
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

/** Asked for when somebody looks. */
export interface Read extends Named {
  readonly type: "counter" | "gauge" | "summary";
  read(): readonly Reading[] | Promise<readonly Reading[]>;
}

export interface Distribution {
  readonly labels: readonly string[];
  /** One more than there are bounds: the last holds what is above all of them. Each holds its own only. */
  readonly buckets: ArrayLike<number>;
  readonly sum: number;
}

export interface Distributed extends Named {
  readonly type: "histogram";
  readonly bounds: readonly number[];
  distributions(): readonly Distribution[];
}

export type Family = Read | Distributed;

/** Series of one family; whatever names others bring, there are no more. The rest are counted together as `other`. */
const MOST_SERIES = 2_000;
const OTHER = "other";

/** Cells by the values of their labels. */
class Cells<C> {
  readonly #make: (labels: readonly string[]) => C;
  readonly #known = new Map<string, C>();

  constructor(make: (labels: readonly string[]) => C) {
    this.#make = make;
  }

  of(labels: readonly string[]): C {
    // A control character is in no name that is counted here, so different lists give different keys.
    const key = labels.join("\u0001");
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= MOST_SERIES && labels.some((label) => label !== OTHER)) {
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

/** Only grows. On a hot path keep the cell: that costs an addition. */
export class Counter implements Read {
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

/** How often values fall between bounds. */
export class Histogram implements Distributed {
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

/** A number that goes up and down, asked for when somebody looks. */
export function gauge(name: string, help: string, read: () => number): Read {
  return { type: "gauge", name, help, labelNames: [], read: () => [{ labels: [], value: read() }] };
}

/** A number that only grows and is kept elsewhere. */
export function total(name: string, help: string, read: () => number): Read {
  return { ...gauge(name, help, read), type: "counter" };
}

/** In seconds: from what a describe takes to what nobody waits for. */
export const REQUEST_BOUNDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

/** In seconds: from a step that does nothing to one that takes half a day. */
export const WORK_BOUNDS = [
  0.01, 0.05, 0.1, 0.5, 1, 5, 15, 30, 60, 300, 900, 3_600, 14_400, 43_200,
] as const;
