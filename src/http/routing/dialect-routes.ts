import type { Dialect, Route } from "../../dialects/dialect.ts";

export interface DialectRoutes {
  readonly dialect: Dialect;
  readonly routes: readonly Route[];
}
