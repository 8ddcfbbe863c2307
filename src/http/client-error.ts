import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { JSON_TYPE } from "../message/answer.ts";
import { FAULTS, type Fault } from "../message/fault.ts";
import { newRequestId } from "../message/request-id.ts";

/** For the client to read the answer: closing at once, with more of its bytes on the way, could take it away. */
const LINGER_MS = 2_000;

const leaving = new WeakSet<Duplex>();

const FAULT_OF: Readonly<Record<string, Fault>> = {
  HPE_HEADER_OVERFLOW: FAULTS.headersTooLarge,
  ERR_HTTP_REQUEST_TIMEOUT: FAULTS.timeout,
};

/** The answer that a connection still gives to an earlier request, if any. */
export function answering(socket: Duplex): ServerResponse | undefined {
  // Node's own note on the connection, which its default handler of such errors goes by too.
  const { _httpMessage: earlier } = socket as { _httpMessage?: ServerResponse | null };
  if (!earlier || earlier.writableFinished) return undefined;
  // A request that is not whole and not answered yet is what the error is about.
  return earlier.req.complete || earlier.writableEnded ? earlier : undefined;
}

/** Answers what is no HTTP request at all, so that no dialect can be recognised: the gateway's shape, then goodbye. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (leaving.has(socket)) return; // what still comes is dropped
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const earlier = answering(socket);
  if (earlier) {
    // An earlier request of this connection has its answer to come, and whoever sent both counts answers.
    socket.pause(); // what comes now would be as wrong, and be told here again
    earlier.once("close", () => {
      socket.resume();
      if (earlier.req.complete) setImmediate(answerClientError, error, socket);
      else socket.destroySoon(); // what was wrong belonged to the request that has its answer
    });
    return;
  }
  endWithFault(socket, FAULT_OF[error.code ?? ""] ?? FAULTS.malformedRequest);
}

/**
 * A whole HTTP answer on a bare socket, which does not stay open for a client that never leaves.
 * @returns its request id
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

/** A refusal in the gateway's shape, which belongs to no product; the connection ends with it. */
export function gatewayAnswer(fault: Fault, host: string) {
  const requestId = newRequestId();
  const body = JSON.stringify({
    RequestId: requestId,
    HostId: host,
    Code: fault.code,
    Message: fault.message,
    Recommend: `https://api.aliyun.com/troubleshoot?q=${fault.code}&requestId=${requestId}`,
  });
  const headers: Readonly<Record<string, string>> = {
    "content-type": JSON_TYPE,
    "content-length": String(Buffer.byteLength(body)),
    "x-acs-request-id": requestId,
    connection: "close",
  };
  return { headers, body, requestId };
}
