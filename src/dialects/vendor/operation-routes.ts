import type { JsonObject } from "../../core/json.ts";
import type { Task } from "../../core/task.ts";
import type { Call } from "../../message/call.ts";
import type { DialectContext, Route } from "../dialect.ts";
import type { OperationSpec } from "../operation.ts";
import { collectParameters } from "./collect.ts";
import { composeRead, composeStarted } from "./compose.ts";
import { tokenParameter } from "./idempotency-token.ts";
import { methodsOf, type Vendor, vendorAnswer, wantsXml } from "./vendor.ts";

/** What a dialect may change for the operations of its data files. */
export interface OperationOptions {
  /** The product's name in the engine. */
  readonly product: string;
  /** How parameters are read from a call, if not as described. */
  readonly collect?: (spec: OperationSpec, call: Call) => JsonObject;
  /** The names of the parameter that makes a call idempotent. If absent, the usual names of this vendor's products. */
  readonly tokenParameters?: readonly string[];
  /** Headers of the answer to a call that started a task. */
  readonly headers?: (task: Task) => Readonly<Record<string, string>>;
  /** Whether everything was done before the answer. Then the status is 200, and there is no task. */
  readonly isDone?: (task: Task) => boolean;
}

/**
 * Routes for all `start-task` and `read` operations of a data file. The product decides which of them it has. The
 * others are refused with `OperationUnsupported`.
 */
export function operationRoutes(
  vendor: Vendor,
  specs: readonly OperationSpec[],
  { service }: DialectContext,
  options: OperationOptions,
): readonly Route[] {
  const { product, headers, isDone } = options;
  const collect = options.collect ?? ((spec, call) => collectParameters(spec, call, vendor.style));
  const starts = specs.filter(({ role }) => role === "start-task");
  const reads = specs.filter(({ role }) => role === "read");
  return [
    ...starts.map((spec) =>
      route(vendor, spec, async (call, caller) => {
        const { action } = spec;
        const parameters = collect(spec, call);
        const token = tokenParameter(parameters, options.tokenParameters);
        const { task, reply } = await service.startOperation(
          product,
          action,
          parameters,
          caller,
          token,
        );
        if (isDone?.(task) === true) {
          return vendorAnswer(
            vendor,
            call,
            200,
            composeStarted(spec, undefined, call.requestId, reply),
          );
        }
        const body = composeStarted(spec, task.id, call.requestId, reply);
        return vendorAnswer(vendor, call, spec.status, body, headers?.(task));
      }),
    ),
    ...reads.map((spec) =>
      route(vendor, spec, async (call, caller) => {
        const reply = await service.query(product, spec.action, collect(spec, call), caller);
        return vendorAnswer(vendor, call, spec.status, composeRead(spec, call.requestId, reply));
      }),
    ),
  ];
}

function route(vendor: Vendor, spec: OperationSpec, handle: Route["handle"]): Route {
  return {
    action: spec.action,
    methods: methodsOf(vendor, spec),
    path: spec.path,
    handle: (call, caller) => {
      // An unknown format must be refused before something is started.
      wantsXml(vendor, call);
      return handle(call, caller);
    },
  };
}
