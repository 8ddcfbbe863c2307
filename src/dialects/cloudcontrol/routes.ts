import { DomainError } from "../../core/errors.ts";
import { isFinal, type Task } from "../../core/task.ts";
import { operationsIn } from "../operation.ts";
import { jsonTemplate, renderOnce } from "../rendered.ts";
import { defineDialect } from "../vendor/define-dialect.ts";
import { CLOUD_CONTROL, LIMITS } from "./dialect.ts";
import { ERRORS, productError } from "./errors.ts";
import operations from "./operations.json" with { type: "json" };
import reads from "./reads.json" with { type: "json" };
import { collectWithPath } from "./request-path.ts";
import { getTask } from "./wire.ts";

export const cloudControlDialect = defineDialect({
  ...CLOUD_CONTROL,
  operations: operationsIn(operations, reads),
  errors: ERRORS,
  productError,
  render: () => renderOnce((task) => jsonTemplate(getTask(task), "requestId")),
  control: { CancelTask: "cancel" },
  mayControl: refuseUnlessOpen,
  options: {
    collect: collectWithPath,
    headers: pollingLimit,
    isDone: ({ attributes }) => attributes["synchronous"] === true,
  },
});

/** Refuses tasks that are not Pending or Running. So a second cancel is refused, which the engine would accept. */
function refuseUnlessOpen(task: Task): void {
  if (task.state !== "canceling" && !isFinal(task.state)) return;
  throw new DomainError("TaskNotCancelable", `task ${task.id} is ${task.state}`, {
    taskId: task.id,
    state: task.state,
  });
}

/** The longest time that a caller should poll. */
function pollingLimit({ attributes }: Task): Readonly<Record<string, string>> {
  const { timeoutSeconds } = attributes;
  const seconds = typeof timeoutSeconds === "number" ? timeoutSeconds : LIMITS.pollSeconds;
  return { "x-acs-cloudcontrol-timeout": String(seconds) };
}
