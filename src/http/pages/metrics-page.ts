import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { isFromHere } from "../loopback.ts";
import type { SiteGuard } from "../site-guard.ts";
import { addPage } from "./page.ts";

export interface MetricsPage {
  /** The text and its type, as the `Accept` header asks for it. It names accounts only for who sends the token. */
  readonly render: (
    accept: string | undefined,
    byAccount: boolean,
  ) => Promise<{ type: string; text: string }>;
  /** The bearer token with which other machines may read the page; undefined: they may not. */
  readonly token: string | undefined;
  /** Keeps the pages of other sites out. */
  readonly guard: SiteGuard;
}

/** Headers that a proxy on this machine adds to the requests of clients behind it. */
const FORWARDED = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

const ADVICE =
  "Metrics are told to this machine, and to whoever sends the metricsToken setting as a bearer token (docs/how-to/operate.md).\n";

/** `/metrics`, for Prometheus. It needs no access key because it names no task and no resource, and accounts only to the token. */
export function addMetricsPage(app: FastifyInstance, page: MetricsPage): void {
  const { render, token, guard } = page;
  const wanted = token === undefined ? undefined : digest(`Bearer ${token}`);
  addPage(app, "/metrics", async (request, reply) => {
    const { authorization = "", accept } = request.headers;
    const knows = wanted !== undefined && timingSafeEqual(digest(authorization), wanted);
    if (!knows && !isNeighbour(request)) {
      const asks = { "www-authenticate": "Bearer", "content-type": "text/plain; charset=utf-8" };
      return reply.code(401).headers(asks).send(ADVICE);
    }
    // A program on this machine needs no token, and a browser here is one that others' pages speak through.
    const foreign = knows ? undefined : guard.refusal("GET", request.headers, false);
    if (foreign !== undefined) {
      const plain = { "content-type": "text/plain; charset=utf-8" };
      return reply.code(foreign.status).headers(plain).send(`${foreign.message}\n`);
    }
    const { type, text } = await render(accept, knows);
    // It is sent as bytes: Fastify would add its own charset to the type of a text.
    return reply
      .headers({ "content-type": type, "cache-control": "no-store" })
      .send(Buffer.from(text));
  });
}

function isNeighbour({ raw, headers }: FastifyRequest): boolean {
  return isFromHere(raw.socket) && FORWARDED.every((name) => headers[name] === undefined);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
