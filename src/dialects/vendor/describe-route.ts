import type { Task } from "../../core/task.ts";
import type { Call } from "../../message/call.ts";
import { describedTask } from "../described.ts";
import type { DialectContext, Route } from "../dialect.ts";
import type { OperationSpec } from "../operation.ts";
import { fill, type Template } from "../rendered.ts";
import { asXml, methodsOf, taskIdIn, type Vendor, wantsXml } from "./vendor.ts";

/** The body that a describe answers with. Most dialects make it once for each version of a task (`renderOnce`). */
export type RenderTask = (task: Task, call: Call) => Template;

/** The `query-task` operation of a product: one task as it is, as it was at a moment, or as soon as it has changed. */
export function describeRoute(
  vendor: Vendor,
  spec: OperationSpec,
  context: DialectContext,
  product: string,
  render: RenderTask,
): Route {
  const idIn = taskIdIn(vendor, spec);
  return {
    action: spec.action,
    methods: methodsOf(vendor, spec),
    path: spec.path,
    handle: (call, caller) => {
      const xml = wantsXml(vendor, call);
      return describedTask(context, product, call, caller, idIn(call), (task) => {
        const answer = fill(render(task, call), call.requestId);
        return xml ? asXml(call, answer) : answer;
      });
    },
  };
}
