import { DomainError } from "../core/errors.ts";
import type { Dialect } from "../dialects/dialect.ts";
import type { Caller } from "../engine/task-service.ts";
import type { Answer } from "../message/answer.ts";
import type { Call } from "../message/call.ts";
import { FAULTS, FaultError } from "../message/fault.ts";
import type { Arrival } from "./arrival.ts";
import type { Extra, Identify, Outcome } from "./identify.ts";
import type { Incoming } from "./incoming.ts";
import { send } from "./send.ts";

/** One call on its way to an answer. */
export interface Exchange {
  readonly dialect: Dialect;
  readonly call: Call;
  readonly incoming: Incoming;
  readonly arrival: Arrival;
  /** Known once the caller was let in. */
  caller: Caller | undefined;
}

/** The outcome, or a refusal as soon as the caller's key is taken away. */
export function unlessRevoked<T>(
  { incoming, caller }: Exchange,
  { watch }: Identify,
  outcome: Promise<T>,
): Promise<T> {
  if (watch === undefined || caller === undefined) return outcome;
  const { promise: revoked, reject } = Promise.withResolvers<never>();
  const callOff = watch(incoming, caller, (fault) => reject(new FaultError(fault)));
  if (callOff === undefined) return outcome;
  return Promise.race([outcome, revoked]).finally(callOff);
}

/** A stream that ends when the caller's key is taken away. */
function untilRevoked({ incoming, caller }: Exchange, { watch }: Identify, answer: Answer): Answer {
  const { stream } = answer;
  if (stream === undefined || watch === undefined || caller === undefined) return answer;
  return {
    ...answer,
    stream: (sink) => {
      const callOff = watch(incoming, caller, () => sink.cut());
      if (callOff) sink.onClose(callOff);
      stream(sink);
    },
  };
}

/** Sends the answer, after whoever watches the door has written down what it must. */
export function finish(
  exchange: Exchange,
  identify: Identify,
  outcome: Answer,
  problem?: Outcome["problem"],
): void {
  const { dialect, call, incoming, arrival, caller } = exchange;
  const answer = untilRevoked(exchange, identify, outcome);
  const concluded: Outcome = { status: answer.status, problem };
  const extra = identify.conclude?.(incoming, caller, concluded);
  if (!(extra instanceof Promise)) {
    send(arrival, withHeaders(answer, extra));
    tell(exchange, identify, concluded);
    return;
  }
  extra.then(
    (headers) => {
      send(arrival, withHeaders(answer, headers));
      tell(exchange, identify, concluded);
    },
    (error: unknown) => {
      const told = error instanceof DomainError ? error : FAULTS.internal;
      const refusal = dialect.refuse(told, call);
      send(arrival, refusal);
      tell(exchange, identify, { status: refusal.status, problem: { code: told.code } });
    },
  );
}

/** One look at the clock for all who listen: it costs as much as what they do. */
function tell({ incoming, caller }: Exchange, { told }: Identify, outcome: Outcome): void {
  if (told) told(incoming, caller, outcome, performance.now() - incoming.startedAt);
}

function withHeaders(answer: Answer, extra: Extra): Answer {
  return extra === undefined ? answer : { ...answer, headers: { ...answer.headers, ...extra } };
}
