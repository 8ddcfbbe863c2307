import type { Task } from "../../core/task.ts";
import type { DialectContext, Route } from "../dialect.ts";
import { type OperationSpec, requestIdField } from "../operation.ts";
import { steering, withTask } from "../task-access.ts";
import { methodsOf, taskIdIn, type Vendor, vendorAnswer, wantsXml } from "./vendor.ts";

export type Steer = "cancel" | "pause" | "resume";

export interface SteerOptions {
  /** The product's name in the engine. */
  readonly product: string;
  readonly steer: Steer;
  /** Throws for a task that the product does not let be steered, though the engine would. */
  readonly allow?: (task: Task) => void;
}

/** A `control-task` operation: the order is recorded before the answer, which carries the request id alone. */
export function steerRoute(
  vendor: Vendor,
  spec: OperationSpec,
  { service }: DialectContext,
  options: SteerOptions,
): Route {
  const idIn = taskIdIn(vendor, spec);
  return {
    action: spec.action,
    methods: methodsOf(vendor, spec),
    path: spec.path,
    handle: async (call, caller) => {
      // An unknown format must be refused before the task is steered.
      wantsXml(vendor, call);
      const task = await withTask(service, options.product, caller, idIn(call), (found) => found);
      options.allow?.(task);
      await service[options.steer](caller.account, task.id, steering(caller, spec.action));
      const field = requestIdField(spec) ?? "requestId";
      return vendorAnswer(vendor, call, spec.status, { [field]: call.requestId });
    },
  };
}
