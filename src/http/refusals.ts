import { DomainError } from "../core/errors.ts";
import type { Dialect } from "../dialects/dialect.ts";
import type { Log } from "../log.ts";
import type { Answer } from "../message/answer.ts";
import type { Call } from "../message/call.ts";
import { FAULTS, type Fault, FaultError } from "../message/fault.ts";
import { pathText } from "../message/parameters.ts";
import type { CallPorts } from "./access-port.ts";
import type { Exchange } from "./exchange.ts";
import { finish } from "./finish.ts";
import type { Endpoints, RoutedEndpoint } from "./routing/endpoints.ts";
import type { Recogniser } from "./routing/recognise.ts";

/** What Fastify refuses by itself, by its error code. */
const FRAMEWORK_FAULTS: Readonly<Record<string, Fault>> = {
  FST_ERR_BAD_URL: FAULTS.malformedPath,
  FST_ERR_MAX_PARAM_LENGTH: FAULTS.malformedPath,
  FST_ERR_CTP_BODY_TOO_LARGE: FAULTS.bodyTooLarge,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: FAULTS.unsupportedContentType,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: FAULTS.malformedRequest,
};

/** Answers every call that is refused, in the shape of the dialect that was asked. */
export class Refusals {
  readonly #endpoints: Endpoints;
  readonly #recogniser: Recogniser;
  readonly #log: Log;
  readonly #ports: CallPorts;

  constructor(endpoints: Endpoints, recogniser: Recogniser, log: Log, ports: CallPorts) {
    this.#endpoints = endpoints;
    this.#recogniser = recogniser;
    this.#log = log;
    this.#ports = ports;
  }

  /**
   * Answers whatever a route threw, or the reason why the caller was not let in. An error that is neither DomainError
   * nor FaultError is a fault of this program: it is logged and never shown.
   */
  refuse(error: unknown, exchange: Exchange): void {
    this.refuseFor(this.#problemOf(error, exchange), exchange);
  }

  /** The same for a reason that nobody had to throw: an error takes a tenth of what a refusal costs, for its stack. */
  refuseFor(problem: DomainError | Fault, exchange: Exchange): void {
    finish(exchange, this.#ports, worded(exchange, problem), problem);
  }

  /** Refuses a call that has no operation. Whoever may not call at all is told that first. */
  turnAway(error: unknown, exchange: Exchange): void {
    this.#tell(this.#vet(exchange) ?? this.#problemOf(error, exchange), exchange);
  }

  /** Answers a method that a known path does not have: OPTIONS with those that it has, any other with 405. */
  otherMethod(allow: string, exchange: Exchange): void {
    const denial = this.#vet(exchange);
    if (denial === undefined && exchange.method === "OPTIONS") {
      finish(exchange, this.#ports, { status: 204, type: "", body: "", headers: { allow } });
    } else this.#tell(denial ?? { ...FAULTS.unsupportedMethod, allow }, exchange);
  }

  /** Why the caller may not call at all; undefined: it is known who calls. */
  #vet(exchange: Exchange): Fault | undefined {
    const caller = this.#ports.access.vet?.(exchange);
    if (caller !== undefined && "code" in caller) return caller;
    exchange.caller = caller;
    return undefined;
  }

  #tell(problem: DomainError | Fault, exchange: Exchange): void {
    const reason = "reason" in problem ? String(problem.reason) : "no-such-operation";
    finish(exchange, this.#ports, worded(exchange, problem), { code: problem.code, reason });
  }

  /** Answers when the body or the address could not be read. Without the whole body no signature can be checked. */
  failed(error: unknown, exchange: Exchange): void {
    this.leadToDialect(exchange, this.#recogniser.recognise(exchange).dialect);
    this.refuse(error, exchange);
  }

  /** Answers when there is no route: unknown version or product, an id left out, an operation that is not there. */
  notFound(exchange: Exchange): void {
    const { dialect, unknownVersion } = this.#recogniser.recognise(exchange);
    const error = this.#whyNotFound(exchange, dialect, unknownVersion);
    this.leadToDialect(exchange, dialect);
    this.turnAway(error, exchange);
  }

  /** @param dialect the one that words the refusal; undefined: nothing says whose call it is. */
  leadToDialect(exchange: Exchange, dialect: Dialect | undefined): void {
    const speaker = dialect ?? this.#endpoints.nobodys.dialect;
    exchange.leadTo(this.#endpoints.unrouted(speaker, exchange.method));
    exchange.recognised = dialect !== undefined;
  }

  #whyNotFound(call: Call, dialect: Dialect | undefined, unknownVersion: boolean): Error {
    if (unknownVersion) return new FaultError(FAULTS.unknownVersion);
    if (dialect === undefined) return new FaultError(FAULTS.unknownProduct);
    if (pathText(call.target) === "/") return new FaultError(FAULTS.unsupportedMethod);
    const parameter = missingSegment(this.#endpoints.in(dialect), call);
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

/** The refusal in the dialect's words. Its headers are the same for all dialects. */
function worded(exchange: Exchange, problem: DomainError | Fault): Answer {
  const answer = exchange.dialect.refuse(problem, exchange);
  if (problem instanceof DomainError) return answer;
  const { retryAfterMs, allow } = problem;
  if (retryAfterMs === undefined && allow === undefined) return answer;
  const headers = {
    ...answer.headers,
    ...(retryAfterMs !== undefined && { "x-acs-retry-after": String(retryAfterMs) }),
    ...(allow !== undefined && { allow }),
  };
  return { ...answer, headers };
}

/** The path parameter that was left empty, as in `GET /tasks/`, if the path fits a route apart from that. */
function missingSegment(endpoints: readonly RoutedEndpoint[], call: Call): string | undefined {
  const actual = pathText(call.target).split("/");
  for (const { route, method } of endpoints) {
    const wanted = route.path.split("/");
    if (wanted.length !== actual.length || method !== call.method) continue;
    const fits = wanted.every((part, i) => part.startsWith("{") || part === actual[i]);
    const empty = wanted.find((part, i) => part.startsWith("{") && actual[i] === "");
    if (fits && empty !== undefined) return empty.slice(1, -1);
  }
  return undefined;
}
