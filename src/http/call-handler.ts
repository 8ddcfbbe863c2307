import type { Caller } from "../engine/task-service.ts";
import type { Answer } from "../message/answer.ts";
import { type Fault, FaultError } from "../message/fault.ts";
import { traceContext } from "../tracing/trace-context.ts";
import type { CallPorts } from "./access-port.ts";
import type { Admission } from "./admission.ts";
import type { Exchange } from "./exchange.ts";
import { finish } from "./finish.ts";
import type { Refusals } from "./refusals.ts";

const NOBODY: Caller = { account: "", requestId: "", actor: "" };

/** Handles calls that were led to a route: asks who calls, runs the route, sends the answer. */
export class CallHandler {
  readonly #ports: CallPorts;
  readonly #refusals: Refusals;
  readonly #admission: Admission | undefined;

  constructor(ports: CallPorts, refusals: Refusals, admission?: Admission) {
    this.#ports = ports;
    this.#refusals = refusals;
    this.#admission = admission;
  }

  /** Answers a plain describe before it returns: there is no promise unless one is needed. Never throws. */
  handle(exchange: Exchange): void {
    exchange.admission = this.#admission;
    try {
      const caller = exchange.route?.open ? NOBODY : this.#ports.access.identify(exchange);
      const answer =
        caller instanceof Promise
          ? caller.then((known) => this.#run(exchange, known))
          : this.#run(exchange, caller);
      if (answer instanceof Promise) this.#finishLater(exchange, answer);
      else finish(exchange, this.#ports, answer);
    } catch (error) {
      this.#refusals.refuse(error, exchange);
    }
  }

  #run(exchange: Exchange, caller: Caller | Fault): Answer | Promise<Answer> {
    if ("code" in caller) throw new FaultError(caller);
    const { route, headers } = exchange;
    if (route === undefined) throw new TypeError("only calls that were led to a route are handled");
    const known =
      headers["traceparent"] === undefined ? caller : traced(caller, headers["traceparent"]);
    exchange.caller = known;
    const answer = route.handle(exchange, known);
    return answer instanceof Promise ? this.#unlessRevoked(exchange, known, answer) : answer;
  }

  #finishLater(exchange: Exchange, answer: Promise<Answer>): void {
    answer.then(
      (known) => finish(exchange, this.#ports, known),
      (error: unknown) => this.#refusals.refuse(error, exchange),
    );
  }

  /** The answer, or a refusal as soon as the caller's key is taken away. */
  #unlessRevoked(exchange: Exchange, caller: Caller, answer: Promise<Answer>): Promise<Answer> {
    const { promise: revoked, reject } = Promise.withResolvers<never>();
    const { access } = this.#ports;
    const stop = access.watch?.(exchange, caller, (fault) => reject(new FaultError(fault)));
    if (stop === undefined) return answer;
    return Promise.race([answer, revoked]).finally(stop);
  }
}

/** Tasks that the call starts remember the trace that it is part of. */
function traced(caller: Caller, traceparent: string | readonly string[]): Caller {
  if (typeof traceparent !== "string" || traceContext(traceparent) === undefined) return caller;
  return { ...caller, traceparent };
}
