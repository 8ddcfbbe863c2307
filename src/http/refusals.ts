import { DomainError } from "../core/errors.ts";
import type { Dialect, Route } from "../dialects/dialect.ts";
import type { Caller } from "../engine/task-service.ts";
import type { Log } from "../log.ts";
import type { Answer } from "../message/answer.ts";
import type { Call } from "../message/call.ts";
import { FAULTS, type Fault, FaultError } from "../message/fault.ts";
import { pathText } from "../message/parameters.ts";
import type { Arrival } from "./arrival.ts";
import { callOf } from "./call-of.ts";
import { type Exchange, finish } from "./exchange.ts";
import { type Identify, isFault } from "./identify.ts";
import { Incoming } from "./incoming.ts";
import type { DialectRoutes } from "./routing/dialect-routes.ts";
import type { Recogniser } from "./routing/recognise.ts";

/** What Fastify refuses by itself, in the gateway's words. */
const FRAMEWORK_FAULTS: Readonly<Record<string, Fault>> = {
  FST_ERR_BAD_URL: FAULTS.malformedPath,
  FST_ERR_MAX_PARAM_LENGTH: FAULTS.malformedPath,
  FST_ERR_CTP_BODY_TOO_LARGE: FAULTS.bodyTooLarge,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: FAULTS.unsupportedContentType,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: FAULTS.malformedRequest,
};

/** Every answer that is a refusal, in the shape of the dialect that was asked. */
export class Refusals {
  readonly #known: readonly DialectRoutes[];
  readonly #recogniser: Recogniser;
  readonly #log: Log;
  readonly #identify: Identify;

  constructor(
    known: readonly DialectRoutes[],
    recogniser: Recogniser,
    log: Log,
    identify: Identify,
  ) {
    this.#known = known;
    this.#recogniser = recogniser;
    this.#log = log;
    this.#identify = identify;
  }

  /**
   * Answers whatever a route threw. What is neither DomainError nor FaultError is ours: logged, never shown.
   * Without an exchange nobody has asked yet who calls: whoever may not call is told that first.
   */
  refuse(
    error: unknown,
    dialect: Dialect | undefined,
    call: Call,
    arrival: Arrival,
    exchange?: Exchange,
  ): void {
    const problem = this.#problemOf(error, call);
    if (exchange !== undefined) {
      finish(exchange, this.#identify, worded(exchange, problem), problem);
      return;
    }
    const at = this.#exchange(dialect, call, arrival);
    const caller = this.#identify.vet?.(at.incoming);
    const told = caller !== undefined && isFault(caller) ? caller : problem;
    if (told === problem) at.caller = caller as Caller | undefined;
    const reason = "reason" in told ? String(told.reason) : "no-such-operation";
    const { code } = told;
    finish(at, this.#identify, worded(at, told), { code, reason });
  }

  /** Fastify's error handler: the body or the address could not be read. */
  failed(error: unknown, arrival: Arrival): void {
    const call = callOf("", arrival);
    const { dialect } = this.#recogniser.recognise(call);
    // Without the whole body no signature can be checked.
    const exchange = this.#exchange(dialect, call, arrival);
    this.refuse(error, dialect, call, arrival, exchange);
  }

  /** No route: unknown version, unknown product, an id left out, or an operation that is not there. */
  notFound(arrival: Arrival): void {
    const call = callOf("", arrival);
    const { dialect, unknownVersion } = this.#recogniser.recognise(call);
    this.refuse(this.#whyNotFound(call, dialect, unknownVersion), dialect, call, arrival);
  }

  #exchange(dialect: Dialect | undefined, call: Call, arrival: Arrival): Exchange {
    const speaker = dialect ?? this.#known[0]?.dialect;
    if (speaker === undefined) throw new TypeError("a server needs at least one dialect");
    const incoming = new Incoming(speaker, call, arrival, dialect !== undefined);
    return { dialect: speaker, call, incoming, arrival, caller: undefined };
  }

  #whyNotFound(call: Call, dialect: Dialect | undefined, unknownVersion: boolean): Error {
    if (unknownVersion) return new FaultError(FAULTS.unknownVersion);
    if (dialect === undefined) return new FaultError(FAULTS.unknownProduct);
    if (pathText(call.target) === "/") return new FaultError(FAULTS.unsupportedMethod);
    const routes = this.#known.find((entry) => entry.dialect === dialect)?.routes ?? [];
    const parameter = missingSegment(routes, call);
    if (parameter !== undefined) {
      return new DomainError("MissingParameter", `parameter ${parameter} is missing in the path`, {
        parameter,
        expected: "a value in the path",
      });
    }
    return new FaultError(FAULTS.unknownApi);
  }

  #problemOf(error: unknown, call: Call): DomainError | Fault {
    if (error instanceof DomainError) {
      if (error.code === "UnexpectedState" || error.code === "StoreUnavailable") {
        this.#log.error({ err: error, requestId: call.requestId }, "a request failed");
      }
      return error;
    }
    if (error instanceof FaultError) return error.fault;
    const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
    const known = typeof code === "string" ? FRAMEWORK_FAULTS[code] : undefined;
    if (known !== undefined) return known;
    if (typeof statusCode === "number" && statusCode >= 400 && statusCode < 500) {
      return FAULTS.malformedRequest;
    }
    this.#log.error(
      // Without the query: in RPC v1 that holds the signature.
      { err: error, requestId: call.requestId, path: pathText(call.target) },
      "a request failed",
    );
    return FAULTS.internal;
  }
}

/** In the dialect's words; when to try again is in the same header for all. */
function worded({ dialect, call }: Exchange, problem: DomainError | Fault): Answer {
  const answer = dialect.refuse(problem, call);
  if (problem instanceof DomainError || problem.retryAfterMs === undefined) return answer;
  const retryAfter = { "x-acs-retry-after": String(problem.retryAfterMs) };
  return { ...answer, headers: { ...answer.headers, ...retryAfter } };
}

/** The path parameter that is empty, as in `GET /tasks/`, if the path is a route's but for that. */
function missingSegment(routes: readonly Route[], call: Call): string | undefined {
  const actual = pathText(call.target).split("/");
  for (const route of routes) {
    const wanted = route.path.split("/");
    if (wanted.length !== actual.length || !route.methods.includes(call.method)) continue;
    const fits = wanted.every((part, i) => part.startsWith("{") || part === actual[i]);
    const empty = wanted.find((part, i) => part.startsWith("{") && actual[i] === "");
    if (fits && empty !== undefined) return empty.slice(1, -1);
  }
  return undefined;
}
