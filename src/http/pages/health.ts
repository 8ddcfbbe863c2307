import type { FastifyInstance } from "fastify";
import type { TaskService } from "../../engine/task-service.ts";

/** `/healthz`: the process answers. `/readyz`: it takes work; 503 from the start of a graceful stop. */
export function addHealth(app: FastifyInstance, service: TaskService): void {
  const method = ["GET", "HEAD"];
  app.route({ method, url: "/healthz", handler: async () => ({ status: "ok" }) });
  app.route({
    method,
    url: "/readyz",
    handler: async (_request, reply) => {
      const { ready } = service;
      return reply.code(ready ? 200 : 503).send({ status: ready ? "ready" : "stopping" });
    },
  });
}
