import type { Task } from "../../core/task.ts";
import type { DialectContext, Route } from "../dialect.ts";
import { type OperationSpec, requestIdField } from "../operation.ts";
import { controlRequest, withTask } from "../task-access.ts";
import { methodsOf, taskIdIn, type Vendor, vendorAnswer, wantsXml } from "./vendor.ts";

export type ControlAction = "cancel" | "pause" | "resume";

export interface ControlOptions {
  /** The product's name in the engine. */
  readonly product: string;
  readonly control: ControlAction;
  /** Throws for a task that the product does not control, although the engine could. */
  readonly allow?: (task: Task) => void;
}

/** A `control-task` operation: the order is recorded before the answer, which carries the request id alone. */
export function controlRoute(
  vendor: Vendor,
  spec: OperationSpec,
  { service }: DialectContext,
  options: ControlOptions,
): Route {
  const idIn = taskIdIn(vendor, spec);
  return {
    action: spec.action,
    methods: methodsOf(vendor, spec),
    path: spec.path,
    handle: async (call, caller) => {
      // An unknown format must be refused before the task is controlled.
      wantsXml(vendor, call);
      const task = await withTask(service, options.product, caller, idIn(call), (found) => found);
      options.allow?.(task);
      await service[options.control](caller.account, task.id, controlRequest(caller, spec.action));
      const field = requestIdField(spec) ?? "requestId";
      return vendorAnswer(vendor, call, spec.status, { [field]: call.requestId });
    },
  };
}
