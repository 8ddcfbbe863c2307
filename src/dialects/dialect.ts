import type { TaskActions } from "../auth/policy/asked.ts";
import type { PolicyNames } from "../auth/policy/policy-names.ts";
import type { DomainError } from "../core/errors.ts";
import type { Product } from "../core/product.ts";
import type { Caller, TaskService } from "../engine/task-service.ts";
import type { Answer } from "../message/answer.ts";
import type { Call } from "../message/call.ts";
import type { Fault } from "../message/fault.ts";
import type { Push } from "../push/push.ts";
import { type HoldSettings, NO_HOLD } from "./hold.ts";
import type { OperationSpec } from "./operation.ts";
import type { TaskWords } from "./task-words.ts";

/** The settings of an operator that change answers. */
export interface DialectSettings {
  /** The word of the dialect `ack` for a failed task: the seed page says `failed`, newer metadata and two clients `fail`. */
  readonly failedState: "failed" | "fail";
  /** The language of stage tags (dialect `lingjun`) for clients that do not ask for one. */
  readonly language: "zh" | "en";
  /** Which describes are kept open until the task has changed. */
  readonly hold: HoldSettings;
}

export const DEFAULT_SETTINGS: DialectSettings = {
  failedState: "failed",
  language: "zh",
  hold: NO_HOLD,
};

export interface DialectContext {
  readonly service: TaskService;
  readonly settings: DialectSettings;
  /** Waits, streams and holds. */
  readonly push: Push;
}

/** One operation, and the handler that answers it. A handler that need not wait returns its answer without a promise. */
export interface Route {
  readonly action: string;
  readonly methods: readonly string[];
  /** `{name}` is one segment, a final `*` the rest. */
  readonly path: string;
  /** Whether the route needs no identity, such as documentation. */
  readonly open?: boolean;
  /** The bound of its body, if it takes more than other operations. */
  readonly bodyBudget?: "importBytes";
  /** May throw or reject with DomainError or FaultError; everything else becomes an internal error. */
  readonly handle: (call: Call, caller: Caller) => Answer | Promise<Answer>;
}

/** The data of a dialect: how a request is recognised, what policies call its operations, how clients read its answers. */
export interface DialectFacts {
  /** The product's name in the engine, in filters and at the command line. */
  readonly name: string;
  /** `rpc`: one path, the operation in `Action` or `x-acs-action`. `roa`: method and path name it. */
  readonly style: "roa" | "rpc";
  /** The API version, which official clients send with every request. Absent for our own. */
  readonly version: string | undefined;
  /** First labels of host names that belong to it, e.g. `cs` of `cs.cn-beijing.aliyuncs.com`. */
  readonly hostLabels: readonly string[];
  /** Paths that belong to it if neither version nor host name decides. */
  readonly pathPrefixes: readonly string[];
  /** The beginning of its task ids. It decides between dialects that share a path which ends in a task id. */
  readonly taskIdPrefix?: string;
  /** What the product's description says; the contract suite holds the routes to it. */
  readonly operations: readonly OperationSpec[];
  /** What policies, limits and the audit call its operations. */
  readonly policy: PolicyNames;
  /** Its operations that read and control one task; our own API asks for the rights to them as well. */
  readonly taskActions?: TaskActions;
  /** How its clients ask for a task and read the answer; absent: `waitForTask` does not know it. */
  readonly tasks?: TaskWords;
  /** What the engine can start for it. If absent, a simulated product of the same name is used, or only task types. */
  readonly product?: Product;
}

/**
 * How one product's clients see tasks. A dialect is tables and pure functions; the shell in `http/` reads them, finds
 * the dialect a request belongs to and does the rest.
 */
export interface Dialect extends DialectFacts {
  routes(context: DialectContext): readonly Route[];
  /** The answer to a refusal, in this product's documented shape. Never throws. */
  refuse(problem: DomainError | Fault, call: Call): Answer;
}
