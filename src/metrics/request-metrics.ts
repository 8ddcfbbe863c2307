import { Counter, type Family, Histogram, REQUEST_BOUNDS } from "./registry.ts";

export interface AnsweredRequest {
  /** Undefined if no dialect was recognised. */
  readonly dialect: string | undefined;
  /** "" if no operation was recognised. */
  readonly action: string;
  readonly status: number;
  /** Undefined for a request that was held open on purpose, because its duration says nothing about the server. */
  readonly seconds: number | undefined;
  /** The reason if the request was refused before its operation ran. */
  readonly reason: string | undefined;
}

const UNKNOWN = "unknown";
/** Action names and reasons come from the code. This limit holds if one should ever come from a request. */
const MAX_NAMES = 500;

/** Counts answers. Each request costs two look-ups and two additions (docs/decisions/0007-observability.md). */
export class RequestMetrics {
  readonly #requests = new Counter("taskscribe_requests_total", "Answered requests.", [
    "dialect",
    "action",
    "status",
  ]);
  readonly #durations = new Histogram(
    "taskscribe_request_duration_seconds",
    "Time from the complete request to its answer, without waits, streams and held describes.",
    REQUEST_BOUNDS,
    ["dialect", "action"],
  );
  readonly #refused = new Counter(
    "taskscribe_requests_refused_total",
    "Requests refused before their operation ran: signature, policy, rate, quota.",
    ["reason"],
  );
  readonly #reasons = new Set<string>();
  readonly #operations = new Map<string, Map<string, OperationMetrics>>();
  readonly families: readonly Family[] = [this.#requests, this.#durations, this.#refused];

  answered({ dialect = UNKNOWN, action, status, seconds, reason }: AnsweredRequest): void {
    const known = this.#operations.get(dialect)?.get(action);
    (known ?? this.#operation(dialect, action || UNKNOWN)).answered(status, seconds);
    if (reason !== undefined) this.#refuse(reason);
  }

  #refuse(reason: string): void {
    const known = this.#reasons.has(reason) || this.#reasons.size < MAX_NAMES;
    if (known) this.#reasons.add(reason);
    this.#refused.of(known ? reason : "other").add();
  }

  #operation(dialect: string, wanted: string): OperationMetrics {
    const own = this.#operations.get(dialect) ?? new Map<string, OperationMetrics>();
    this.#operations.set(dialect, own);
    const action = own.has(wanted) || own.size < MAX_NAMES ? wanted : UNKNOWN;
    const known = own.get(action);
    if (known) return known;
    const made = new OperationMetrics(
      (status) => this.#requests.of(dialect, action, status),
      () => this.#durations.of(dialect, action),
    );
    own.set(action, made);
    return made;
  }
}

/** The metrics of one operation. Its cells are made on first use, so that an operation that nobody calls has no series. */
class OperationMetrics {
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
