import type { Dialect, Route } from "../dialects/dialect.ts";
import type { Caller } from "../engine/task-service.ts";
import type { Answer } from "../message/answer.ts";
import type { Call } from "../message/call.ts";
import { FAULTS, type Fault, FaultError } from "../message/fault.ts";
import { traceContext } from "../tracing/trace-context.ts";
import type { Arrival } from "./arrival.ts";
import { callOf } from "./call-of.ts";
import { type Exchange, finish, unlessRevoked } from "./exchange.ts";
import { type Identify, isFault } from "./identify.ts";
import { Incoming } from "./incoming.ts";
import type { Refusals } from "./refusals.ts";
import type { Match } from "./routing/route-table.ts";

const NOBODY: Caller = { account: "", requestId: "", actor: "" };

/** Where every recognised request passes: who is it, then its route, then the answer. No promise unless one is needed. */
export class Gate {
  readonly #identify: Identify;
  readonly #refusals: Refusals;

  constructor(identify: Identify, refusals: Refusals) {
    this.#identify = identify;
    this.#refusals = refusals;
  }

  pass(dialect: Dialect, match: Match, arrival: Arrival): void {
    const { route, path } = match;
    const call = callOf(route.action, arrival, path);
    const action = call.headers["x-acs-action"];
    if (action !== undefined && action !== "" && action !== route.action) {
      const known = dialect.operations.some((operation) => operation.action === action);
      const fault = known ? FAULTS.unknownApi : FAULTS.unknownAction;
      this.#refusals.refuse(new FaultError(fault), dialect, call, arrival);
      return;
    }
    this.handle(dialect, route, call, arrival);
  }

  handle(dialect: Dialect, route: Route, call: Call, arrival: Arrival): void {
    const incoming = new Incoming(dialect, call, arrival);
    const exchange: Exchange = { dialect, call, incoming, arrival, caller: undefined };
    try {
      const caller = route.open ? NOBODY : this.#identify(incoming);
      const outcome =
        caller instanceof Promise
          ? caller.then((known) => this.#enter(route, exchange, known))
          : this.#enter(route, exchange, caller);
      if (!(outcome instanceof Promise)) {
        finish(exchange, this.#identify, outcome);
        return;
      }
      outcome.then(
        (answer) => finish(exchange, this.#identify, answer),
        (error: unknown) => this.#refusals.refuse(error, dialect, call, arrival, exchange),
      );
    } catch (error) {
      this.#refusals.refuse(error, dialect, call, arrival, exchange);
    }
  }

  #enter(route: Route, exchange: Exchange, caller: Caller | Fault): Answer | Promise<Answer> {
    if (isFault(caller)) throw new FaultError(caller);
    const traced = withTrace(caller, exchange.call.headers["traceparent"]);
    exchange.caller = traced;
    const outcome = route.handle(exchange.call, traced);
    return outcome instanceof Promise ? unlessRevoked(exchange, this.#identify, outcome) : outcome;
  }
}

/** Tasks that the call starts remember the trace it is part of. */
function withTrace(caller: Caller, traceparent: string | readonly string[] | undefined): Caller {
  if (typeof traceparent !== "string" || traceContext(traceparent) === undefined) return caller;
  return { ...caller, traceparent };
}
