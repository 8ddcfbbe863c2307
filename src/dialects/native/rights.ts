import { isAnothersOrder } from "../../bulk/bulk.ts";
import { DomainError } from "../../core/errors.ts";
import type { Task } from "../../core/task.ts";
import { FaultError } from "../../message/fault.ts";
import { mayRead, type RightsTask, type TaskRights } from "../../task-rights.ts";

const ANOTHERS_ORDER = {
  status: 403,
  code: "Forbidden.RAM",
  message:
    "this bulk operation was ordered with another key and uses its rights; order a new one with POST /v1/bulk",
  reason: "not-allowed-by-policy",
};

/** Which tasks a list shows; undefined: all of the account. */
export function readableBy(rights: TaskRights | undefined): ((task: Task) => boolean) | undefined {
  return rights && ((task) => mayRead(rights, task));
}

export function isNotFound(error: unknown): boolean {
  return error instanceof DomainError && error.code === "TaskNotFound";
}

/** A task of the product that nobody knows anything about: only those who may use everything may learn that it is not there. */
export function nothingOf(product: string): RightsTask {
  return { product, id: "*", type: "", target: { type: "task", id: "*" }, attributes: {} };
}

/** @throws FaultError for a bulk operation of another key, whose rights it would use. */
export function refuseOthersBulk(rights: TaskRights | undefined, task: Task): void {
  if (isAnothersOrder(rights, task)) throw new FaultError(ANOTHERS_ORDER);
}
