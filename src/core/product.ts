import type { JsonObject } from "./json.ts";
import type { ResourceReader, ResourceWriter } from "./resource.ts";
import type { Target } from "./task.ts";
import type { TaskType } from "./task-type.ts";

/**
 * What happens if another open task has the concurrency key. reject: refuse · queue (the default): wait in line ·
 * join: no new task, the answer is the one that holds the key · supersede: cancel those before it, then run.
 */
export type WhenBusy = "reject" | "queue" | "join" | "supersede";

/** The decision of an operation: the task to submit, and the fields of the answer besides its id. */
export interface OperationPlan {
  readonly type: string;
  readonly input: JsonObject;
  readonly target: Target;
  readonly attributes?: JsonObject;
  readonly priority?: number;
  readonly concurrencyKey?: string;
  readonly whenBusy?: WhenBusy;
  readonly finishBy?: number;
  /** Facts for the answer, under the product's own names, e.g. `{cluster_id}`. */
  readonly reply?: JsonObject;
}

export interface OperationContext {
  readonly account: string;
  /** ms since the epoch. */
  readonly now: number;
  readonly requestId: string;
  readonly resources: ResourceWriter;
  /** A number in [0, 1), for ids of new resources. */
  readonly random: () => number;
}

/**
 * A call of a simulated product that starts a task. Reads resources, refuses with a DomainError, may change resources
 * (written together with the new task). May run again if a resource changed meanwhile.
 * `parameters` have the product's own names, and were validated by its dialect.
 */
export type StartOperation = (
  parameters: JsonObject,
  context: OperationContext,
) => Promise<OperationPlan>;

interface QueryContext {
  readonly account: string;
  /** ms since the epoch. */
  readonly now: number;
  readonly resources: ResourceReader;
}

/**
 * A call of a simulated product that only reads. Returns the answer in the product's own names, without the request id.
 */
export type ProductQuery = (parameters: JsonObject, context: QueryContext) => Promise<JsonObject>;

/** A simulated cloud product: everything that the engine and the dialects need to know about it. */
export interface Product {
  readonly name: string;
  readonly types: readonly TaskType[];
  /** By the vendor's action name. */
  readonly operations: Readonly<Record<string, StartOperation>>;
  /** Calls that only read resources, by the vendor's action name. */
  readonly queries: Readonly<Record<string, ProductQuery>>;
  /** A new task id in the product's own grammar; sorts by `now` (ms). */
  readonly newTaskId: (now: number, random: () => number) => string;
  /** The resources that the world of a new account has. */
  readonly world: readonly WorldResource[];
}

export interface WorldResource {
  readonly kind: string;
  readonly id: string;
  readonly parent?: string;
  readonly data: JsonObject;
}
