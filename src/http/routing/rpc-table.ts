import type { Dialect } from "../../dialects/dialect.ts";
import { FAULTS, FaultError } from "../../message/fault.ts";
import type { Exchange } from "../exchange.ts";
import type { Refusals } from "../refusals.ts";
import type { Endpoints, RoutedEndpoint } from "./endpoints.ts";
import type { Recogniser } from "./recognise.ts";

/** The one path of all RPC dialects: headers and parameters say which dialect and which operation a call is for. */
export class RpcTable {
  /** By dialect, then by action, then by method. */
  readonly #endpoints: ReadonlyMap<Dialect, EndpointsByAction>;
  readonly #recogniser: Recogniser;
  readonly #refusals: Refusals;

  constructor(endpoints: Endpoints, recogniser: Recogniser, refusals: Refusals) {
    this.#endpoints = new Map(
      endpoints.of("rpc").map((dialect) => [dialect, byAction(endpoints.in(dialect))]),
    );
    this.#recogniser = recogniser;
    this.#refusals = refusals;
  }

  /** Leads the call to its endpoint if headers and query name one. */
  leadByHead(exchange: Exchange): boolean {
    const { headers, target, query } = exchange;
    const action = exchange.header("x-acs-action") || query.get("Action");
    if (!action) return false;
    const hints = { headers, target, version: query.get("Version"), action };
    const { dialect } = this.#recogniser.recognise(hints);
    const endpoint = dialect && this.#endpoints.get(dialect)?.get(action)?.get(exchange.method);
    if (endpoint !== undefined) exchange.leadTo(endpoint);
    return endpoint !== undefined;
  }

  /** Leads the call to its endpoint. False: there is none, and the call has been refused. */
  lead(exchange: Exchange): boolean {
    let speaker: Dialect | undefined;
    try {
      const action = actionOf(exchange);
      const version = exchange.rpcParameter("Version");
      const { headers, target } = exchange;
      const hints = { headers, target, version, action };
      const { dialect, unknownVersion } = this.#recogniser.recognise(hints);
      const own = dialect && this.#endpoints.get(dialect);
      if (own !== undefined) speaker = dialect;
      if (unknownVersion || (version && dialect && dialect.version !== version)) {
        throw new FaultError(FAULTS.unknownVersion);
      }
      if (own === undefined) throw new FaultError(FAULTS.unknownApi);
      if (action === "") throw new FaultError(FAULTS.missingAction);
      const methods = own.get(action);
      if (methods === undefined) throw new FaultError(FAULTS.unknownAction);
      const endpoint = methods.get(exchange.method);
      if (endpoint === undefined) throw new FaultError(FAULTS.unsupportedMethod);
      exchange.leadTo(endpoint);
      return true;
    } catch (error) {
      this.#refusals.leadToDialect(
        exchange,
        speaker ?? this.#recogniser.recognise(exchange).dialect,
      );
      this.#refusals.turnAway(error, exchange);
      return false;
    }
  }
}

type EndpointsByAction = ReadonlyMap<string, ReadonlyMap<string, RoutedEndpoint>>;

function byAction(endpoints: readonly RoutedEndpoint[]): EndpointsByAction {
  const actions = Map.groupBy(endpoints, ({ route }) => route.action);
  const byMethod = (all: readonly RoutedEndpoint[]) =>
    new Map(all.map((endpoint) => [endpoint.method, endpoint]));
  return new Map([...actions].map(([action, all]) => [action, byMethod(all)]));
}

/** @throws FaultError if header and parameter differ: which of the two was signed depends on the client. */
function actionOf(exchange: Exchange): string {
  const header = exchange.header("x-acs-action") ?? "";
  const parameter = exchange.rpcParameter("Action") ?? "";
  if (header !== "" && parameter !== "" && header !== parameter) {
    throw new FaultError(FAULTS.conflictingAction);
  }
  return header || parameter;
}
