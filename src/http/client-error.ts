import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { JSON_TYPE } from "../message/answer.ts";
import { FAULTS, type Fault } from "../message/fault.ts";
import { newRequestId } from "../message/request-id.ts";

/**
 * How long the client may take to read the answer. If the socket closed at once, bytes still on their way could destroy
 * it.
 */
const LINGER_MS = 2_000;

const leaving = new WeakSet<Duplex>();

const FAULT_OF: Readonly<Record<string, Fault>> = {
  HPE_HEADER_OVERFLOW: FAULTS.headersTooLarge,
  ERR_HTTP_REQUEST_TIMEOUT: FAULTS.timeout,
};

/** The answer that is made or sent on the connection. Node notes it there; its default handler of errors reads the same field. */
export function responseOn(socket: Duplex): ServerResponse | undefined {
  const { _httpMessage: response } = socket as { _httpMessage?: ServerResponse | null };
  return response ?? undefined;
}

/** The answer to an earlier request that is not completely sent on this connection yet. */
export function answering(socket: Duplex): ServerResponse | undefined {
  const earlier = responseOn(socket);
  if (!earlier || earlier.writableFinished) return undefined;
  // A request that is neither complete nor answered is the one that the error is about.
  return earlier.req.complete || earlier.writableEnded ? earlier : undefined;
}

/**
 * Answers what is no HTTP request at all. No dialect can be recognised, so the answer has the gateway's shape; then the
 * connection ends.
 */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (leaving.has(socket)) return; // what still arrives is dropped
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const earlier = answering(socket);
  if (earlier) {
    // An earlier request of this connection is not answered yet, and its client expects the answers in order.
    socket.pause(); // what follows would be malformed too and end up here again
    earlier.once("close", () => {
      socket.resume();
      if (earlier.req.complete) setImmediate(answerClientError, error, socket);
      else socket.destroySoon(); // the error was in the rest of the request that was answered
    });
    return;
  }
  endWithFault(socket, FAULT_OF[error.code ?? ""] ?? FAULTS.malformedRequest);
}

/** Whether the connection has been answered for the last time: what still arrives on it is dropped. */
export function isTurnedAway(socket: Duplex): boolean {
  return leaving.has(socket);
}

/**
 * Writes a whole HTTP answer to a bare socket, and closes the socket after 2 s even if the client does not.
 * @returns the answer's request id
 */
export function endWithFault(socket: Duplex, fault: Fault, host = ""): string {
  const { headers, body, requestId } = gatewayAnswer(fault, host);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const status = `HTTP/1.1 ${fault.status} ${STATUS_CODES[fault.status] ?? ""}`;
  socket.end([status, ...lines, "", body].join("\r\n"));
  leaving.add(socket);
  const linger = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(linger));
  return requestId;
}

/** A refusal in the gateway's shape, which belongs to no product. The connection ends after it. */
export function gatewayAnswer(fault: Fault, host: string) {
  const requestId = newRequestId();
  const body = JSON.stringify({
    RequestId: requestId,
    HostId: host,
    Code: fault.code,
    Message: fault.message,
    Recommend: `https://api.aliyun.com/troubleshoot?q=${fault.code}&requestId=${requestId}`,
  });
  const { retryAfterMs } = fault;
  const headers: Readonly<Record<string, string>> = {
    ...(retryAfterMs !== undefined && { "x-acs-retry-after": String(retryAfterMs) }),
    "content-type": JSON_TYPE,
    "content-length": String(Buffer.byteLength(body)),
    "x-acs-request-id": requestId,
    connection: "close",
  };
  return { headers, body, requestId };
}
