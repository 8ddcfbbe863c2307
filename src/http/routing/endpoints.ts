import type { Dialect, DialectContext, Route } from "../../dialects/dialect.ts";
import type { Operation } from "../../message/operation.ts";

/** What a call is led to: one operation of one dialect by one method. Made once, when the server is built. */
export interface Endpoint {
  readonly dialect: Dialect;
  readonly method: string;
  /** Undefined: nothing is known but whose call it is, so that it can be refused in that dialect's words. */
  readonly route: Route | undefined;
  readonly operation: Operation;
}

export interface RoutedEndpoint extends Endpoint {
  readonly route: Route;
}

/** Says what an operation is to access control. */
export type OperationOf = (dialect: Dialect, action: string, method: string) => Operation;

/** All endpoints of a server, by dialect. */
export class Endpoints {
  readonly #dialects: readonly Dialect[];
  readonly #operationOf: OperationOf;
  readonly #endpoints: ReadonlyMap<Dialect, readonly RoutedEndpoint[]>;
  /** Words the refusal of a call that is no dialect's. */
  readonly nobodys: Endpoint;

  /** @throws TypeError without any dialect. */
  constructor(dialects: readonly Dialect[], context: DialectContext, operationOf: OperationOf) {
    const [first] = dialects;
    if (first === undefined) throw new TypeError("a server needs at least one dialect");
    this.#dialects = dialects;
    this.#operationOf = operationOf;
    this.#endpoints = new Map(
      dialects.map((dialect) => [dialect, this.#endpointsOf(dialect, dialect.routes(context))]),
    );
    this.nobodys = this.unrouted(first, "GET");
  }

  of(style: Dialect["style"]): readonly Dialect[] {
    return this.#dialects.filter((dialect) => dialect.style === style);
  }

  in(dialect: Dialect): readonly RoutedEndpoint[] {
    return this.#endpoints.get(dialect) ?? [];
  }

  /** For a call of which nothing is known but whose it is. */
  unrouted(dialect: Dialect, method: string): Endpoint {
    return { dialect, method, route: undefined, operation: this.#operationOf(dialect, "", method) };
  }

  #endpointsOf(dialect: Dialect, routes: readonly Route[]): readonly RoutedEndpoint[] {
    return routes.flatMap((route) =>
      route.methods.map((method) => ({
        dialect,
        method,
        route,
        operation: this.#operationOf(dialect, route.action, method),
      })),
    );
  }
}
