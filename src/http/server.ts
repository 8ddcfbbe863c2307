import type { RequestListener } from "node:http";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { BudgetMeter } from "../budget-meter.ts";
import { systemClock } from "../clock.ts";
import { DEFAULT_SETTINGS, type Dialect, type DialectSettings } from "../dialects/dialect.ts";
import { DIALECTS } from "../dialects/registry.ts";
import type { TaskService } from "../engine/task-service.ts";
import type { Log } from "../log.ts";
import { plainOperation } from "../message/operation.ts";
import { newRequestId } from "../message/request-id.ts";
import { Push } from "../push/push.ts";
import type { CallPorts } from "./access-port.ts";
import { Admission } from "./admission.ts";
import { BodyReader } from "./bodies/body-reader.ts";
import { CallHandler } from "./call-handler.ts";
import { answerClientError } from "./client-error.ts";
import { Connections } from "./connections/connections.ts";
import { Exchange, exchangeOf, hasBody } from "./exchange.ts";
import { createFrontDoor, type FrontDoorParts } from "./front-door.ts";
import { HeldRefusals } from "./held-refusals.ts";
import { HTTP_LIMITS } from "./limits.ts";
import { addHealth, type ClockJumps } from "./pages/health.ts";
import { addMetricsPage, type MetricsPage } from "./pages/metrics-page.ts";
import { Refusals } from "./refusals.ts";
import { Endpoints } from "./routing/endpoints.ts";
import { Recogniser } from "./routing/recognise.ts";
import { addRoutes, Router, type RouterParts } from "./routing/router.ts";
import type { TlsOptions } from "./tls/tls.ts";

export interface HttpDeps extends CallPorts {
  readonly service: TaskService;
  readonly log: Log;
  readonly settings?: Partial<DialectSettings>;
  /** Serves waits and streams; without it they are never told anything. It stops with the server. */
  readonly push?: Push;
  /** Where nothing in a request says whose it is, the first one that fits is taken. */
  readonly dialects?: readonly Dialect[];
  /** How the wall clock was set, for `/healthz`. */
  readonly clockJumps?: () => ClockJumps | undefined;
  /** `/metrics`; without it there is none. */
  readonly metrics?: MetricsPage;
  /** The bounds of requests and connections. */
  readonly meter?: BudgetMeter;
  /** Serves TLS if given, and plain HTTP if not. */
  readonly tls?: TlsOptions | undefined;
  /** Has to give 36 ASCII characters; for tests that compare whole answers. */
  readonly newRequestId?: () => string;
}

/** Queries are parsed by whoever needs them, from the target as it was sent. */
const NO_QUERY = {};

/** The HTTP side, complete but not listening. When it closes, requests under way are answered first. */
export function buildHttpServer(deps: HttpDeps): FastifyInstance {
  const { service, log } = deps;
  const dialects = deps.dialects ?? DIALECTS;
  const settings = { ...DEFAULT_SETTINGS, ...deps.settings };
  const push = deps.push ?? silentPush(service);
  const { access } = deps;
  const endpoints = new Endpoints(
    dialects,
    { service, settings, push },
    (dialect, action, method) =>
      access.operation?.(dialect.name, action, method) ??
      plainOperation(dialect.name, action, dialect.policy),
  );
  const recogniser = new Recogniser(dialects);
  const held = new HeldRefusals();
  const ports: CallPorts = { access, answered: deps.answered, held };
  const refusals = new Refusals(endpoints, recogniser, log, ports);
  const admission = access.shares && new Admission(access.shares);
  const handler = new CallHandler(ports, refusals, admission);
  const meter = deps.meter ?? new BudgetMeter();
  const parts: RouterParts = { endpoints, recogniser, handler, refusals, access, meter };
  const router = new Router(parts);
  const bodies = new BodyReader({ admission, meter, limitOf: (raw) => router.bodyLimitOf(raw) });
  const app = createApp(deps, parts, router, { bodies, admission, meter });
  const exchange = (request: FastifyRequest, reply: FastifyReply) =>
    exchangeOf(request, reply, endpoints.nobodys);
  app.addContentTypeParser("*", ({ raw }, _payload, done) => bodies.read(raw, done));
  app.setErrorHandler((error, request, reply) => refusals.failed(error, exchange(request, reply)));
  app.setNotFoundHandler((request, reply) => {
    const unrouted = exchange(request, reply); // a method that Fastify does not know
    if (!router.open(unrouted)) refusals.notFound(unrouted);
  });
  // Waits are answered and streams end, or closing would wait for them.
  app.addHook("preClose", async () => {
    push.stop();
    held.release();
  });
  addHealth(app, service, deps.clockJumps);
  if (deps.metrics) addMetricsPage(app, deps.metrics);
  addRoutes(app, router, parts);
  return app;
}

function silentPush(service: TaskService): Push {
  return new Push({ service, clock: systemClock, onCommit: () => () => undefined });
}

function createApp(
  deps: HttpDeps,
  { endpoints, refusals }: RouterParts,
  router: Router,
  door: FrontDoorParts & { readonly meter: BudgetMeter },
): FastifyInstance {
  const { bodyBytes, importBytes, headerBytes } = door.meter.budgets;
  const genReqId = deps.newRequestId ?? newRequestId;
  const { nobodys } = endpoints;
  const connections = new Connections();
  let isClosing = false;
  const asksFirst = deps.access.beforeBody !== undefined;
  /** Goes past Fastify where it has nothing to do, as for every poll: that makes a describe 7 % faster. */
  const past = (fastify: RequestListener): RequestListener => {
    const openOrPass: RequestListener = (raw, response) => {
      const comes = hasBody(raw);
      if (comes && asksFirst) {
        const head = new Exchange(raw, response, genReqId(), undefined, nobodys);
        if (router.refuseByHead(head)) return;
      }
      // An escape in the path is Fastify's to decode.
      const mayOpen = !isClosing && !comes && raw.url !== "/" && raw.url?.includes("%") !== true;
      const opened =
        mayOpen && router.open(new Exchange(raw, response, genReqId(), undefined, nobodys));
      if (!opened) fastify(raw, response);
    };
    return openOrPass;
  };
  const app = Fastify({
    // Fastify's own logger costs a child logger and two listeners per request; ours is asked when there is news.
    logger: false,
    bodyLimit: Math.max(bodyBytes, importBytes),
    requestTimeout: HTTP_LIMITS.requestMs,
    keepAliveTimeout: HTTP_LIMITS.keepAliveMs,
    serverFactory: (handler) =>
      createFrontDoor(past(handler), connections, { tls: deps.tls, ...door }),
    forceCloseConnections: "idle",
    return503OnClosing: false,
    exposeHeadRoutes: false,
    genReqId,
    requestIdHeader: false,
    // An id that is too long is a task that does not exist, not a path that does not.
    routerOptions: { maxParamLength: headerBytes, querystringParser: () => NO_QUERY },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) =>
      refusals.failed(error, exchangeOf(request, reply, nobodys)),
    // No route has a schema: without these, loading two schema compilers takes a fifth of the start.
    schemaController: {
      compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas },
    },
  });
  app.removeAllContentTypeParsers();
  app.addHook("preClose", async () => {
    isClosing = true;
    void connections.close(app.server); // the server closes once they are gone
  });
  return app;
}

function noSchemas(): never {
  throw new TypeError("routes have no schemas here: a dialect checks what it takes");
}
