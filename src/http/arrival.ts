import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";

/** A whole request, and where its answer goes; the same whether it came through Fastify or past it. */
export interface Arrival {
  readonly raw: IncomingMessage;
  readonly response: ServerResponse;
  readonly id: string;
  readonly body: Uint8Array | undefined;
}

/** Takes the answer out of Fastify's hands. */
export function arrivalOf({ raw, id, body }: FastifyRequest, reply: FastifyReply): Arrival {
  reply.hijack();
  return { raw, response: reply.raw, id, body: body instanceof Uint8Array ? body : undefined };
}

/** Nothing of it is still to come, and nothing in its path to be decoded: what Fastify is for. */
export function isComplete({ headers, url = "" }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return (
    (length === undefined || length === "0") &&
    headers["transfer-encoding"] === undefined &&
    !url.includes("%")
  );
}
