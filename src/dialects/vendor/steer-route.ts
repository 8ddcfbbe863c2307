import type { Task } from "../../core/task.ts";
import type { DialectContext, Route } from "../dialect.ts";
import { type OperationSpec, requestIdField } from "../operation.ts";
import { steering, withTask } from "../task-access.ts";
import { type Vendor, vendorAnswer } from "./vendor.ts";

type Steer = "cancel" | "pause" | "resume";

/**
 * A `control-task` operation: the order is recorded before the answer, which carries the request id alone.
 * @param allow throws for a task the product does not let be steered, though the engine would.
 */
export function steerRoute(
  vendor: Vendor,
  spec: OperationSpec,
  { service }: DialectContext,
  options: {
    readonly product: string;
    readonly steer: Steer;
    readonly allow?: (task: Task) => void;
  },
): Route {
  const parameter = spec.params.find(({ in: place }) => place === "path")?.name ?? "";
  return {
    action: spec.action,
    methods: [spec.method],
    path: spec.path,
    handle: async (call, caller) => {
      const id = { parameter, value: call.path[parameter] };
      const task = await withTask(service, options.product, caller, id, (found) => found);
      options.allow?.(task);
      await service[options.steer](caller.account, task.id, steering(caller, spec.action));
      const field = requestIdField(spec) ?? "requestId";
      return vendorAnswer(vendor, call, spec.status, { [field]: call.requestId });
    },
  };
}
