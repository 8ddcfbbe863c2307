import type { FastifyInstance } from "fastify";
import type { Dialect } from "../../dialects/dialect.ts";
import { type Arrival, arrivalOf } from "../arrival.ts";
import type { Gate } from "../gate.ts";
import { asksForFrontPage, sendFrontPage } from "../pages/front-page.ts";
import type { Refusals } from "../refusals.ts";
import type { DialectRoutes } from "./dialect-routes.ts";
import type { Recogniser } from "./recognise.ts";
import { RouteTable } from "./route-table.ts";
import { RpcDoor } from "./rpc-door.ts";

/** Leads every request to its operation: RPC behind one door at `/`, ROA by whose it is, then by method and path. */
export class Router {
  readonly #tables: ReadonlyMap<string, { readonly dialect: Dialect; readonly table: RouteTable }>;
  readonly #door: RpcDoor;
  readonly #gate: Gate;
  readonly #recogniser: Recogniser;
  readonly #refusals: Refusals;

  constructor(
    known: readonly DialectRoutes[],
    gate: Gate,
    recogniser: Recogniser,
    refusals: Refusals,
  ) {
    this.#tables = new Map(
      known
        .filter(({ dialect }) => dialect.style === "roa")
        .map(({ dialect, routes }) => [dialect.name, { dialect, table: new RouteTable(routes) }]),
    );
    this.#door = new RpcDoor(known, gate, recogniser, refusals);
    this.#gate = gate;
    this.#recogniser = recogniser;
    this.#refusals = refusals;
  }

  /** False: no operation is there, and nothing was done. Never throws. */
  open(arrival: Arrival): boolean {
    try {
      return this.#open(arrival);
    } catch (error) {
      if (arrival.response.headersSent) arrival.response.destroy();
      else this.#refusals.failed(error, arrival);
      return true;
    }
  }

  #open(arrival: Arrival): boolean {
    const { method = "GET", url = "/", headers } = arrival.raw;
    if (url === "/" || url.startsWith("/?")) {
      if (method !== "GET" && method !== "POST") return false;
      this.#door.open(arrival);
      return true;
    }
    const owner = this.#tables.get(this.#recogniser.dialectName(headers, url) ?? "");
    const match = owner?.table.find(method, url);
    if (owner === undefined || match === undefined) return false;
    this.#gate.pass(owner.dialect, match, arrival);
    return true;
  }
}

/** Fastify's only routes to operations: it reads bodies and addresses, and has no say in the rest. */
export function addRoutes(app: FastifyInstance, router: Router, refusals: Refusals): void {
  app.route({
    method: app.supportedMethods,
    url: "/*",
    handler: (request, reply) => {
      if (asksForFrontPage(request)) {
        sendFrontPage(reply);
        return;
      }
      const arrival = arrivalOf(request, reply);
      if (!router.open(arrival)) refusals.notFound(arrival);
    },
  });
}
