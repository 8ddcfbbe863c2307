import type { ServerResponse } from "node:http";
import type { Answer, StreamSink } from "../message/answer.ts";

/** Sends an answer that goes on until either side ends it. Its headers tell proxies not to buffer or store it. */
export function sendStream(
  raw: ServerResponse,
  { status, type, headers }: Answer,
  stream: (sink: StreamSink) => void,
  requestId: string,
): void {
  // It is not sent in chunks: each chunk costs three writes, and there may be ten thousand clients.
  raw.removeHeader("transfer-encoding");
  raw.writeHead(status, {
    "content-type": type,
    "cache-control": "no-store",
    "x-accel-buffering": "no",
    "x-acs-request-id": requestId,
    // The end of the connection is the end of the answer, so the connection is not used again.
    connection: "close",
    ...headers,
  });
  raw.flushHeaders();
  if (raw.req.method === "HEAD") {
    raw.end(); // it asked for the head alone
    return;
  }
  const { socket } = raw;
  socket?.setNoDelay(true);
  if (raw.destroyed || socket?.destroyed === true) return;
  // The head is written and the body has no framing, so it can be written to the socket directly, at half the cost.
  const out = socket ?? raw;
  stream({
    write: (bytes) => out.write(bytes),
    onDrain: (listener) => void out.on("drain", listener),
    onClose: (listener) => void raw.once("close", listener),
    end: () => void raw.end(),
    cut: () => void raw.destroy(),
  });
}
