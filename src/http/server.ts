import type { RequestListener } from "node:http";
import Fastify, { type FastifyInstance } from "fastify";
import { systemClock } from "../clock.ts";
import { DEFAULT_SETTINGS, type Dialect, type DialectSettings } from "../dialects/dialect.ts";
import { DIALECTS } from "../dialects/registry.ts";
import type { TaskService } from "../engine/task-service.ts";
import type { Log } from "../log.ts";
import { newRequestId } from "../message/request-id.ts";
import { Push } from "../push/push.ts";
import { arrivalOf, isComplete } from "./arrival.ts";
import { answerClientError } from "./client-error.ts";
import { createFrontDoor } from "./front-door.ts";
import { Gate } from "./gate.ts";
import type { Identify } from "./identify.ts";
import { LIMITS } from "./limits.ts";
import { addHealth } from "./pages/health.ts";
import { addMetricsPage, type MetricsPage } from "./pages/metrics-page.ts";
import { Refusals } from "./refusals.ts";
import type { DialectRoutes } from "./routing/dialect-routes.ts";
import { Recogniser } from "./routing/recognise.ts";
import { addRoutes, Router } from "./routing/router.ts";
import { SilentSockets } from "./silent-sockets.ts";
import type { TlsOptions } from "./tls/tls.ts";

export interface HttpDeps {
  readonly service: TaskService;
  readonly identify: Identify;
  readonly log: Log;
  readonly settings?: Partial<DialectSettings>;
  /** Waits and streams; without it nothing is ever told. Ends with the server. */
  readonly push?: Push;
  readonly dialects?: readonly Dialect[];
  /** `/metrics`; without it there is none. */
  readonly metrics?: MetricsPage;
  /** Speaks TLS if given. */
  readonly tls?: TlsOptions | undefined;
  /** Must give 36 ASCII characters; for tests that compare whole answers. */
  readonly newRequestId?: () => string;
}

/** Queries are read by whoever needs them, from the target as it came. */
const NO_QUERY = {};

/** The HTTP side, complete but not listening. Closing it lets requests under way finish. */
export function buildHttpServer(deps: HttpDeps): FastifyInstance {
  const dialects = deps.dialects ?? DIALECTS;
  const settings = { ...DEFAULT_SETTINGS, ...deps.settings };
  const push = deps.push ?? silentPush(deps.service);
  const known: readonly DialectRoutes[] = dialects.map((dialect) => ({
    dialect,
    routes: dialect.routes({ service: deps.service, settings, push }),
  }));
  const recogniser = new Recogniser(dialects);
  const refusals = new Refusals(known, recogniser, deps.log, deps.identify);
  const router = new Router(known, new Gate(deps.identify, refusals), recogniser, refusals);
  const app = createApp(deps, refusals, router);
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, request, reply) => refusals.failed(error, arrivalOf(request, reply)));
  app.setNotFoundHandler((request, reply) => refusals.notFound(arrivalOf(request, reply)));
  // Who waits is answered, and streams end, or closing would wait for them.
  app.addHook("preClose", async () => push.stop());
  addHealth(app, deps.service);
  if (deps.metrics) addMetricsPage(app, deps.metrics);
  addRoutes(app, router, refusals);
  return app;
}

function silentPush(service: TaskService): Push {
  return new Push({ service, clock: systemClock, onCommit: () => () => undefined });
}

function createApp(deps: HttpDeps, refusals: Refusals, router: Router): FastifyInstance {
  const genReqId = deps.newRequestId ?? newRequestId;
  const silent = new SilentSockets();
  let isClosing = false;
  /** Past Fastify where it has nothing to do, as for every poll: worth 7 % of a describe. While closing it has. */
  const past = (handler: RequestListener): RequestListener => {
    return (raw, response) => {
      if (isClosing || !isComplete(raw) || raw.url === "/") handler(raw, response);
      else if (!router.open({ raw, response, id: genReqId(), body: undefined }))
        handler(raw, response);
    };
  };
  const app = Fastify({
    // Fastify's own logger costs a child logger and two listeners per request; ours is asked when there is news.
    logger: false,
    bodyLimit: LIMITS.bodyBytes,
    requestTimeout: LIMITS.requestMs,
    keepAliveTimeout: LIMITS.keepAliveMs,
    serverFactory: (handler) => silent.watch(createFrontDoor(past(handler), deps.tls)),
    forceCloseConnections: "idle",
    return503OnClosing: false,
    exposeHeadRoutes: false,
    genReqId,
    requestIdHeader: false,
    // An id that is too long is a task that does not exist, not a path that does not.
    routerOptions: { maxParamLength: LIMITS.headerBytes, querystringParser: () => NO_QUERY },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => refusals.failed(error, arrivalOf(request, reply)),
    // No route has a schema: without these, loading two schema compilers takes a fifth of the start.
    schemaController: {
      compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas },
    },
  });
  app.removeAllContentTypeParsers();
  app.addHook("preClose", async () => {
    isClosing = true;
    silent.hangUp();
    // Who does not read his answer, or does not finish his question, is waited for no longer than that.
    const tooLong = setTimeout(() => app.server.closeAllConnections(), LIMITS.closeMs);
    app.server.once("close", () => clearTimeout(tooLong));
  });
  return app;
}

function noSchemas(): never {
  throw new TypeError("routes have no schemas here: a dialect checks what it takes");
}
