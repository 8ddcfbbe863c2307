import { DomainError } from "../core/errors.ts";
import { fault } from "../fault-points.ts";
import type { Answer, CallOutcome } from "../message/answer.ts";
import { FAULTS } from "../message/fault.ts";
import type { AddedHeaders, CallPorts } from "./access-port.ts";
import { unlessKnown } from "./conditional.ts";
import type { Exchange } from "./exchange.ts";
import { sendParts } from "./parts.ts";
import { sendStream } from "./sse.ts";

/** Sends the answer once access control has written down what it must, and tells whoever listens. */
export function finish(
  exchange: Exchange,
  ports: CallPorts,
  given: Answer,
  problem?: CallOutcome["problem"],
): void {
  const answer =
    given.headers?.["etag"] === undefined
      ? given
      : unlessKnown(given, exchange.method, exchange.headers["if-none-match"]);
  const outcome: CallOutcome = { status: answer.status, problem };
  const { access } = ports;
  const added = access.conclude?.(exchange, exchange.caller, outcome);
  const shown = answer.stream === undefined ? answer : untilRevoked(exchange, ports, answer);
  if (added instanceof Promise) {
    added.then(
      (headers) => send(exchange, ports, withHeaders(shown, headers), outcome),
      (error: unknown) => sendUnconcluded(exchange, ports, error),
    );
  } else if (problem?.reason !== undefined) sendRefusal(exchange, ports, shown, outcome);
  else send(exchange, ports, added === undefined ? shown : withHeaders(shown, added), outcome);
}

/** Tells a caller that it was turned away; later, if that happens to it more often than anybody needs. */
function sendRefusal(
  exchange: Exchange,
  ports: CallPorts,
  answer: Answer,
  outcome: CallOutcome,
): void {
  const { access, held } = ports;
  const delayMs =
    held === undefined ? 0 : (access.refusalDelayMs?.(exchange, exchange.caller) ?? 0);
  if (held === undefined || delayMs === 0) send(exchange, ports, answer, outcome);
  else {
    exchange.letGo();
    held.hold(exchange.raw.socket, delayMs, () => send(exchange, ports, answer, outcome));
  }
}

/** Puts the answer on the wire as it is, and tells of it. The clock is read once for all who listen. */
function send(exchange: Exchange, ports: CallPorts, answer: Answer, outcome: CallOutcome): void {
  const { response, requestId } = exchange;
  const { status, type, body, encoding, headers, stream, parts } = answer;
  if (parts === undefined) exchange.admission?.leave(exchange);
  fault("before-answer");
  if (stream !== undefined) sendStream(response, answer, stream, requestId);
  else if (parts !== undefined) sendParts(exchange, ports, answer, parts);
  else if (status === 204 || status === 304) {
    response.writeHead(status, { "x-acs-request-id": requestId, ...headers }).end();
  } else {
    const known = {
      "content-type": type,
      "content-length": encoding === undefined ? Buffer.byteLength(body) : body.length,
      "x-acs-request-id": requestId,
    };
    response.writeHead(status, headers === undefined ? known : { ...known, ...headers });
    response.end(body, encoding ?? "utf8");
    fault("after-answer");
  }
  ports.answered?.(exchange, outcome, performance.now() - exchange.startedAt);
}

/** What had to be written down could not be, so the answer is not given. */
function sendUnconcluded(exchange: Exchange, ports: CallPorts, error: unknown): void {
  const problem = error instanceof DomainError ? error : FAULTS.internal;
  const refusal = exchange.dialect.refuse(problem, exchange);
  const outcome = { status: refusal.status, problem: { code: problem.code } };
  send(exchange, ports, refusal, outcome);
}

/** A stream that ends when the caller's key is taken away. */
function untilRevoked(exchange: Exchange, { access }: CallPorts, answer: Answer): Answer {
  const { stream } = answer;
  const { caller } = exchange;
  if (stream === undefined || caller === undefined) return answer;
  return {
    ...answer,
    stream: (sink) => {
      const stop = access.watch?.(exchange, caller, () => sink.cut());
      if (stop) sink.onClose(stop);
      stream(sink);
    },
  };
}

function withHeaders(answer: Answer, added: AddedHeaders): Answer {
  return added === undefined ? answer : { ...answer, headers: { ...answer.headers, ...added } };
}
