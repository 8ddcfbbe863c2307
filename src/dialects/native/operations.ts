import type { NativeOperation } from "./operation.ts";
import { PUSH_OPERATIONS, WEBHOOK_OPERATIONS } from "./push/push-operations.ts";
import { TASK_OPERATIONS } from "./tasks/task-operations.ts";
import { TRANSFER_OPERATIONS } from "./transfer/transfer-operations.ts";

/** All operations of our own API, as the documentation shows them. */
export const OPERATIONS: Readonly<Record<string, NativeOperation>> = {
  ...TASK_OPERATIONS,
  ...PUSH_OPERATIONS,
  ...WEBHOOK_OPERATIONS,
  ...TRANSFER_OPERATIONS,
};
