import type { Route } from "../../dialects/dialect.ts";
import type { Call } from "../../message/call.ts";
import { FAULTS, FaultError } from "../../message/fault.ts";
import type { Arrival } from "../arrival.ts";
import { callOf } from "../call-of.ts";
import type { Gate } from "../gate.ts";
import type { Refusals } from "../refusals.ts";
import type { DialectRoutes } from "./dialect-routes.ts";
import type { Recogniser } from "./recognise.ts";

/** The one path of all RPC products: header or parameter says which product and which operation. */
export class RpcDoor {
  readonly #routes: ReadonlyMap<string, ReadonlyMap<string, Route>>;
  readonly #gate: Gate;
  readonly #recogniser: Recogniser;
  readonly #refusals: Refusals;

  constructor(
    known: readonly DialectRoutes[],
    gate: Gate,
    recogniser: Recogniser,
    refusals: Refusals,
  ) {
    this.#routes = new Map(
      known
        .filter(({ dialect }) => dialect.style === "rpc")
        .map(({ dialect, routes }) => [
          dialect.name,
          new Map(routes.map((route) => [route.action, route])),
        ]),
    );
    this.#gate = gate;
    this.#recogniser = recogniser;
    this.#refusals = refusals;
  }

  open(arrival: Arrival): void {
    const call = callOf("", arrival);
    const { headers, target } = call;
    try {
      const action = actionOf(call);
      const version = call.rpcParameter("Version");
      const { dialect, unknownVersion } = this.#recogniser.recognise({
        headers,
        target,
        version,
        action,
      });
      if (unknownVersion || (version && dialect && dialect.version !== version)) {
        throw new FaultError(FAULTS.unknownVersion);
      }
      const routes = dialect && this.#routes.get(dialect.name);
      if (dialect === undefined || routes === undefined) throw new FaultError(FAULTS.unknownApi);
      if (action === "") throw new FaultError(FAULTS.missingAction);
      const route = routes.get(action);
      if (route === undefined) throw new FaultError(FAULTS.unknownAction);
      call.action = action;
      this.#gate.handle(dialect, route, call, arrival);
    } catch (error) {
      this.#refusals.refuse(error, this.#recogniser.recognise(call).dialect, call, arrival);
    }
  }
}

/** @throws FaultError if header and parameter disagree: which of the two was signed depends on the client. */
function actionOf(call: Call): string {
  const header = call.header("x-acs-action") ?? "";
  const parameter = call.rpcParameter("Action") ?? "";
  if (header !== "" && parameter !== "" && header !== parameter) {
    throw new FaultError(FAULTS.conflictingAction);
  }
  return header || parameter;
}
