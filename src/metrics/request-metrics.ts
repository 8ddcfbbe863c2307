import { Counter, type Family, Histogram, REQUEST_BOUNDS } from "./registry.ts";

export interface AnsweredRequest {
  /** Undefined: no dialect was recognised. */
  readonly dialect: string | undefined;
  /** Empty: no operation was. */
  readonly action: string;
  readonly status: number;
  /** Undefined for one that was kept open on purpose: how long says nothing of the server. */
  readonly seconds: number | undefined;
  /** Why it was turned away at the door. */
  readonly reason: string | undefined;
}

const UNKNOWN = "unknown";
/** Actions of a dialect and reasons are words of the code. Should one ever be made from a request, there are no more. */
const MOST_NAMES = 500;

/** Counts answers. On the path of every request: two look-ups, two additions (docs/decisions/0007-observability.md). */
export class RequestMetrics {
  readonly #requests = new Counter("taskscribe_requests_total", "Answers given.", [
    "dialect",
    "action",
    "status",
  ]);
  readonly #durations = new Histogram(
    "taskscribe_request_duration_seconds",
    "From the whole request to its answer; without waits, streams and held describes.",
    REQUEST_BOUNDS,
    ["dialect", "action"],
  );
  readonly #refused = new Counter(
    "taskscribe_requests_refused_total",
    "Requests turned away at the door: signature, policy, rate, quota.",
    ["reason"],
  );
  readonly #reasons = new Set<string>();
  readonly #operations = new Map<string, Map<string, Operation>>();
  readonly families: readonly Family[] = [this.#requests, this.#durations, this.#refused];

  answered({ dialect = UNKNOWN, action, status, seconds, reason }: AnsweredRequest): void {
    const known = this.#operations.get(dialect)?.get(action);
    (known ?? this.#operation(dialect, action || UNKNOWN)).answered(status, seconds);
    if (reason !== undefined) this.#refuse(reason);
  }

  #refuse(reason: string): void {
    const known = this.#reasons.has(reason) || this.#reasons.size < MOST_NAMES;
    if (known) this.#reasons.add(reason);
    this.#refused.of(known ? reason : "other").add();
  }

  #operation(dialect: string, wanted: string): Operation {
    const own = this.#operations.get(dialect) ?? new Map<string, Operation>();
    this.#operations.set(dialect, own);
    const action = own.has(wanted) || own.size < MOST_NAMES ? wanted : UNKNOWN;
    const known = own.get(action);
    if (known) return known;
    const made = new Operation(
      (status) => this.#requests.of(dialect, action, status),
      () => this.#durations.of(dialect, action),
    );
    own.set(action, made);
    return made;
  }
}

/** One operation of one dialect. Its cells are made when they are first needed: what nobody calls has no series. */
class Operation {
  readonly #countOf: (status: string) => { add(): void };
  readonly #durationsOf: () => { observe(seconds: number): void };
  /** By the first digit of the status. */
  readonly #counts: ({ add(): void } | undefined)[] = [];
  #durations: { observe(seconds: number): void } | undefined;

  constructor(
    countOf: (status: string) => { add(): void },
    durationsOf: () => { observe(seconds: number): void },
  ) {
    this.#countOf = countOf;
    this.#durationsOf = durationsOf;
  }

  answered(status: number, seconds: number | undefined): void {
    const digit = Math.floor(status / 100);
    this.#counts[digit] ??= this.#countOf(`${digit}xx`);
    this.#counts[digit].add();
    if (seconds === undefined) return;
    this.#durations ??= this.#durationsOf();
    this.#durations.observe(seconds);
  }
}
