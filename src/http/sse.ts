import type { ServerResponse } from "node:http";
import type { Answer, StreamSink } from "../message/answer.ts";

/** An answer that goes on until either side ends it. Nothing between here and the client may keep it back. */
export function sendStream(
  raw: ServerResponse,
  { status, type, headers }: Answer,
  stream: (sink: StreamSink) => void,
  requestId: string,
): void {
  // Not in chunks: each would cost three writes, times ten thousand clients.
  raw.removeHeader("transfer-encoding");
  raw.writeHead(status, {
    "content-type": type,
    "cache-control": "no-store",
    "x-accel-buffering": "no",
    "x-acs-request-id": requestId,
    // Its last byte is the last: a connection that was a stream is not used again.
    connection: "close",
    ...headers,
  });
  raw.flushHeaders();
  const { socket } = raw;
  socket?.setNoDelay(true);
  if (raw.destroyed || socket?.destroyed === true) return;
  // Its head is written, and there is no framing: what follows can go to the connection itself, which costs half.
  const out = socket ?? raw;
  stream({
    write: (bytes) => out.write(bytes),
    onDrain: (listener) => void out.on("drain", listener),
    onClose: (listener) => void raw.once("close", listener),
    end: () => void raw.end(),
    cut: () => void raw.destroy(),
  });
}
