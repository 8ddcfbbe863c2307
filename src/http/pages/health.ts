import type { FastifyInstance } from "fastify";
import type { TaskService } from "../../engine/task-service.ts";
import { addPage } from "./page.ts";

/** How the wall clock was set since the process began. */
export interface ClockJumps {
  readonly count: number;
  /** By how much it was set the last time, in ms: above 0 is forward. */
  readonly lastMs: number;
  /** When, by the clock as it was set, in ms since the epoch. */
  readonly lastAt: number;
}

/**
 * `/healthz` says that the process answers, `/readyz` that it takes work: it is 503 until the open tasks are taken over, and
 * as soon as a graceful stop begins.
 * If the wall clock was set, `/healthz` tells of it too: then the moments of tasks are not what they seem.
 */
export function addHealth(
  app: FastifyInstance,
  service: TaskService,
  jumps: () => ClockJumps | undefined = () => undefined,
): void {
  addPage(app, "/healthz", async () => {
    const clock = jumps();
    if (clock === undefined) return { status: "ok" };
    const { count, lastMs, lastAt } = clock;
    return { status: "ok", clockSet: { count, lastMs, lastAt: new Date(lastAt).toISOString() } };
  });
  addPage(app, "/readyz", async (_request, reply) => {
    const { ready, starting } = service;
    if (ready) return { status: "ready" };
    return reply.code(503).send({ status: starting ? "starting" : "stopping" });
  });
}
