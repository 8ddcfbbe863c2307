import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Answer } from "../message/answer.ts";
import type { CallPorts } from "./access-port.ts";
import type { Exchange } from "./exchange.ts";

/**
 * Sends an answer of any length part by part, as fast as the client takes it. A part that cannot be made, or a key that is
 * taken away, ends the connection: the client sees that the answer has no end.
 */
export function sendParts(
  exchange: Exchange,
  { access }: CallPorts,
  { status, type, headers }: Answer,
  parts: AsyncIterable<string>,
): void {
  const { response, caller, requestId, method } = exchange;
  response.writeHead(status, {
    "content-type": type,
    "x-acs-request-id": requestId,
    ...headers,
  });
  // Until then the request counts for the account, whatever the client does.
  response.once("close", () => exchange.admission?.leave(exchange));
  if (method === "HEAD") {
    response.end();
    return;
  }
  const stop = caller && access.watch?.(exchange, caller, () => response.destroy());
  if (stop) response.once("close", stop);
  // The pipeline has destroyed the response then. Nobody is there to be told, and the next request finds the store as it is.
  pipeline(Readable.from(parts), response).catch(() => undefined);
}
