import type { Caller } from "../engine/task-service.ts";
import type { Answer } from "../message/answer.ts";
import { type Fault, FaultError } from "../message/fault.ts";
import { traceContext } from "../tracing/trace-context.ts";
import type { CallPorts } from "./access-port.ts";
import type { Admission } from "./admission.ts";
import type { Exchange } from "./exchange.ts";
import { finish } from "./finish.ts";
import type { Refusals } from "./refusals.ts";
import { RequestTurns } from "./request-turns.ts";

const NOBODY: Caller = { account: "", requestId: "", actor: "" };

/** Handles calls that were led to a route: asks who calls, runs the route, sends the answer. */
export class CallHandler {
  readonly #ports: CallPorts;
  readonly #refusals: Refusals;
  readonly #admission: Admission | undefined;
  /** Undefined: nobody is there to share the time with. */
  readonly #turns: RequestTurns | undefined;

  constructor(ports: CallPorts, refusals: Refusals, admission?: Admission) {
    this.#ports = ports;
    this.#refusals = refusals;
    this.#admission = admission;
    this.#turns =
      admission && new RequestTurns({ now: () => performance.now(), soon: setImmediate });
  }

  /** Answers a plain describe before it returns: there is no promise unless one is needed. Never throws. */
  handle(exchange: Exchange): void {
    exchange.admission = this.#admission;
    try {
      const caller = exchange.route?.open ? NOBODY : this.#ports.access.identify(exchange);
      if (caller instanceof Promise) {
        caller.then(
          (known) => this.#run(exchange, known),
          (error: unknown) => this.#refusals.refuse(error, exchange),
        );
      } else this.#run(exchange, caller);
    } catch (error) {
      this.#refusals.refuse(error, exchange);
    }
  }

  /** Runs the route, at once or when it is the account's turn. Never throws. */
  #run(exchange: Exchange, caller: Caller | Fault, isTurn = false): void {
    if (!isTurn && this.#turns !== undefined && this.#waits(exchange, caller, this.#turns)) return;
    try {
      if ("code" in caller) {
        this.#refusals.refuseFor(caller, exchange);
        return;
      }
      const { route, headers } = exchange;
      if (route === undefined) {
        throw new TypeError("only calls that were led to a route are handled");
      }
      const known =
        headers["traceparent"] === undefined ? caller : traced(caller, headers["traceparent"]);
      exchange.caller = known;
      const answer = route.handle(exchange, known);
      if (answer instanceof Promise) {
        this.#finishLater(exchange, this.#unlessRevoked(exchange, known, answer));
      } else finish(exchange, this.#ports, answer);
    } catch (error) {
      this.#refusals.refuse(error, exchange);
    }
  }

  /** Whether the account has had its part of this turn, so that the call is run in a later one. */
  #waits(exchange: Exchange, caller: Caller | Fault, turns: RequestTurns): boolean {
    if ("code" in caller || turns.mayBegin(caller.account)) return false;
    turns.wait(caller.account, () => this.#run(exchange, caller, true));
    return true;
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
