import type { FastifyInstance } from "fastify";
import type { TaskService } from "../../engine/task-service.ts";
import { addPage } from "./page.ts";

/**
 * `/healthz` says that the process answers, `/readyz` that it takes work: it is 503 as soon as a graceful stop begins.
 */
export function addHealth(app: FastifyInstance, service: TaskService): void {
  addPage(app, "/healthz", async () => ({ status: "ok" }));
  addPage(app, "/readyz", async (_request, reply) => {
    const { ready } = service;
    return reply.code(ready ? 200 : 503).send({ status: ready ? "ready" : "stopping" });
  });
}
