import type { FastifyInstance, RouteHandlerMethod } from "fastify";

const READ = ["GET", "HEAD"];

/** A page that belongs to no dialect: GET and HEAD show it, OPTIONS says so, and any other method is 405. */
export function addPage(app: FastifyInstance, url: string, handler: RouteHandlerMethod): void {
  app.route({ method: READ, url, handler });
  const allow = [...READ, "OPTIONS"].join(", ");
  app.route({
    method: app.supportedMethods.filter((method) => !READ.includes(method)),
    url,
    handler: async ({ raw }, reply) => {
      const plain = { "content-type": "text/plain; charset=utf-8" };
      if (raw.method === "OPTIONS") return reply.code(204).headers({ allow }).send();
      return reply
        .code(405)
        .headers({ allow, ...plain })
        .send(`${raw.method}: give one of ${allow}\n`);
    },
  });
}
