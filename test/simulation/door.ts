import type { LightMyRequestResponse } from "fastify";
import type { Engine } from "../../src/engine/engine.ts";
import { buildHttpServer } from "../../src/http/server.ts";
import type { Push } from "../../src/push/push.ts";
import { silent } from "../support/engine-bench.ts";

/** What is behind the door at the moment. */
export interface Behind {
  readonly engine: Engine;
  readonly push: Push;
}

export interface Request {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: string;
  readonly account: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | string;
}

let behind: Behind | undefined;
let requests = 0;

/** The HTTP server is made once for each process. The service behind it changes, as after a restart. */
const app = buildHttpServer({
  service: standIn<Engine>(() => behind?.engine),
  push: standIn<Push>(() => behind?.push),
  log: silent,
  newRequestId: () => `00000000-0000-0000-0000-${String(++requests).padStart(12, "0")}`,
  access: {
    identify: ({ headers, requestId }) => ({
      account: String(headers["x-simulated-account"]),
      requestId,
      actor: "simulated",
    }),
  },
});

// Its start uses timers and turns of the event loop that do not belong to a run.
await app.ready();

export function put(now: Behind | undefined): void {
  behind = now;
}

export function beginCounting(): void {
  requests = 0;
}

export async function knock(request: Request): Promise<LightMyRequestResponse> {
  const { method, url, account, headers, body } = request;
  return app.inject({
    method,
    url,
    headers: { ...headers, "x-simulated-account": account },
    ...(body !== undefined && { payload: body }),
  });
}

function standIn<T extends object>(current: () => T | undefined): T {
  return new Proxy({} as T, {
    get(_, name) {
      const target = current();
      if (target === undefined) throw new TypeError("nobody is behind the door");
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
