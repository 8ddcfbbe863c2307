import type { JsonObject } from "../../../src/core/json.ts";

export interface Asked {
  readonly action: string;
  /** In the names of the wire. `$Action.path` is taken from the answer to an earlier call of the scenario. */
  readonly parameters: JsonObject;
  /** The product's word for the expected end of the task. */
  readonly ends?: string;
}

/** Calls that follow each other in the demonstration world of an account of their own. */
export type Scenario = readonly Asked[];
