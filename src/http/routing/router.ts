import { type IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import type { BudgetMeter } from "../../budget-meter.ts";
import type { Dialect } from "../../dialects/dialect.ts";
import { FAULTS, FaultError } from "../../message/fault.ts";
import type { AccessPort } from "../access-port.ts";
import type { CallHandler } from "../call-handler.ts";
import { Exchange, exchangeOf } from "../exchange.ts";
import { asksForFrontPage, sendFrontPage } from "../pages/front-page.ts";
import type { Refusals } from "../refusals.ts";
import type { Endpoints } from "./endpoints.ts";
import { allowed, isOwn, mediaFault, routedMethod } from "./own-methods.ts";
import type { Recogniser } from "./recognise.ts";
import { RouteTable } from "./route-table.ts";
import { RpcTable } from "./rpc-table.ts";

export interface RouterParts {
  /** Has the bounds of bodies. */
  readonly meter: BudgetMeter;
  readonly endpoints: Endpoints;
  readonly recogniser: Recogniser;
  readonly handler: CallHandler;
  readonly refusals: Refusals;
  readonly access: Pick<AccessPort, "beforeBody">;
}

/** The roles of operations that need no large body: they read, or control one task. */
const SMALL: ReadonlySet<string> = new Set(["read", "query-task", "control-task"]);

/** Leads every call to its operation: by its parameters at `/`, which all RPC dialects share, else by method and path. */
export class Router {
  readonly #tables: ReadonlyMap<Dialect, RouteTable>;
  readonly #rpc: RpcTable;
  readonly #recogniser: Recogniser;
  readonly #handler: CallHandler;
  readonly #refusals: Refusals;
  readonly #endpoints: Endpoints;
  readonly #access: RouterParts["access"];
  readonly #budgets: BudgetMeter["budgets"];

  constructor({ endpoints, recogniser, handler, refusals, access, meter }: RouterParts) {
    this.#budgets = meter.budgets;
    this.#endpoints = endpoints;
    this.#access = access;
    this.#tables = new Map(
      endpoints.of("roa").map((dialect) => [dialect, new RouteTable(endpoints.in(dialect))]),
    );
    this.#rpc = new RpcTable(endpoints, recogniser, refusals);
    this.#recogniser = recogniser;
    this.#handler = handler;
    this.#refusals = refusals;
  }

  /** Sees to the answer. False: no operation is there, and nothing was done. Never throws. */
  open(exchange: Exchange): boolean {
    try {
      const { target, headers } = exchange;
      if (target === "/" || target.startsWith("/?")) return this.#openRpc(exchange);
      const dialect = this.#recogniser.dialectOf(headers, target);
      const table = dialect && this.#tables.get(dialect);
      if (dialect === undefined || table === undefined) return false;
      if (isOwn(dialect)) return this.#openOwn(exchange, dialect, table);
      if (!table.lead(exchange)) return false;
      this.#handle(exchange, dialect);
      return true;
    } catch (error) {
      if (exchange.response.headersSent) exchange.response.destroy();
      else this.#refusals.failed(error, exchange);
      return true;
    }
  }

  /** Refuses a call whose head alone says that it may not be made. False: its body is to be read. Never throws. */
  refuseByHead(exchange: Exchange): boolean {
    try {
      const fault = this.#access.beforeBody?.(exchange);
      if (fault === undefined) return false;
      this.#leadByHead(exchange);
      this.#refusals.refuse(new FaultError(fault), exchange);
    } catch (error) {
      this.#refusals.failed(error, exchange);
    }
    return true;
  }

  /** The most bytes of a body that the operation takes which the head of a request names. */
  bodyLimitOf(raw: IncomingMessage): number {
    const head = new Exchange(raw, new ServerResponse(raw), "", undefined, this.#endpoints.nobodys);
    this.#leadByHead(head);
    // Which operation an RPC call is for may stand in its body.
    const isSmall = head.route !== undefined && SMALL.has(head.operation.role);
    const own = head.route?.bodyBudget;
    if (own !== undefined) return this.#budgets[own];
    return isSmall ? this.#budgets.readBodyBytes : this.#budgets.bodyBytes;
  }

  /** Leads a call as far as its head says. */
  #leadByHead(exchange: Exchange): void {
    const { headers, target, method } = exchange;
    if (target === "/" || target.startsWith("/?")) {
      if (this.#rpc.leadByHead(exchange)) return;
    } else {
      const dialect = this.#recogniser.dialectOf(headers, target);
      const table = dialect && this.#tables.get(dialect);
      if (dialect && table?.lead(exchange, isOwn(dialect) ? routedMethod(method) : method)) return;
    }
    this.#refusals.leadToDialect(exchange, this.#recogniser.recognise(exchange).dialect);
  }

  #handle(exchange: Exchange, dialect: Dialect): void {
    const named = exchange.headers["x-acs-action"];
    if (named === undefined || named === "" || named === exchange.action) {
      this.#handler.handle(exchange);
    } else this.#refusals.turnAway(otherAction(dialect, named), exchange);
  }

  /** Our own API speaks HTTP as RFC 9110 has it: HEAD, OPTIONS, 405 with Allow, and 415. */
  #openOwn(exchange: Exchange, dialect: Dialect, table: RouteTable): boolean {
    const { target, method, body } = exchange;
    if (table.lead(exchange, routedMethod(method))) {
      const fault = mediaFault(body, exchange.header("content-type"));
      if (fault === undefined) this.#handle(exchange, dialect);
      else this.#refusals.turnAway(new FaultError(fault), exchange);
      return true;
    }
    const methods = table.methodsAt(target);
    if (methods.length === 0) return false;
    this.#refusals.leadToDialect(exchange, dialect);
    this.#refusals.otherMethod(allowed(methods), exchange);
    return true;
  }

  #openRpc(exchange: Exchange): boolean {
    if (exchange.method !== "GET" && exchange.method !== "POST") return false;
    if (this.#rpc.lead(exchange)) this.#handler.handle(exchange);
    return true;
  }
}

/** The header names another operation than method and path do. */
function otherAction({ operations }: Dialect, named: string | readonly string[]): FaultError {
  const known = operations.some(({ action }) => action === named);
  return new FaultError(known ? FAULTS.unknownApi : FAULTS.unknownAction);
}

/** Fastify's only route to operations: it reads bodies and addresses, and decides nothing else. */
export function addRoutes(app: FastifyInstance, router: Router, parts: RouterParts): void {
  const { endpoints, refusals } = parts;
  app.route({
    method: app.supportedMethods,
    url: "/*",
    handler: (request, reply) => {
      if (asksForFrontPage(request)) {
        sendFrontPage(reply);
        return;
      }
      const exchange = exchangeOf(request, reply, endpoints.nobodys);
      if (!router.open(exchange)) refusals.notFound(exchange);
    },
  });
}
