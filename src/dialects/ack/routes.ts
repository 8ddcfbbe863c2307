import type { Task } from "../../core/task.ts";
import type { DialectContext, Route } from "../dialect.ts";
import { findOperation, operationsIn } from "../operation.ts";
import { jsonTemplate, renderOnce } from "../rendered.ts";
import { collectParameters } from "../vendor/collect.ts";
import { defineDialect } from "../vendor/define-dialect.ts";
import { type Vendor, vendorAnswer } from "../vendor/vendor.ts";
import { ACK, stateWords } from "./dialect.ts";
import { ERRORS, productError } from "./errors.ts";
import operations from "./operations.json" with { type: "json" };
import reads from "./reads.json" with { type: "json" };
import { describeClusterTasks } from "./task-list.ts";
import { describeTaskInfo } from "./wire.ts";

const OPERATIONS = operationsIn(operations, reads);

export const ackDialect = defineDialect({
  ...ACK,
  operations: OPERATIONS,
  errors: ERRORS,
  productError,
  render: (settings) => {
    const words = stateWords(settings);
    return renderOnce((task: Task) => jsonTemplate(describeTaskInfo(task, words)));
  },
  control: { CancelTask: "cancel", PauseTask: "pause", ResumeTask: "resume" },
  ownRoutes: (context, vendor) => [listRoute(context, vendor)],
});

function listRoute({ service, settings }: DialectContext, vendor: Vendor): Route {
  const words = stateWords(settings);
  const spec = findOperation(OPERATIONS, "DescribeClusterTasks");
  return {
    action: spec.action,
    methods: [spec.method],
    path: spec.path,
    handle: async (call, caller) => {
      const parameters = collectParameters(spec, call, ACK.style);
      const body = await describeClusterTasks(service, caller, parameters, words);
      return vendorAnswer(vendor, call, spec.status, body);
    },
  };
}
