import type { NativeOperation } from "./operation.ts";
import { PUSH_OPERATIONS, WEBHOOK_OPERATIONS } from "./push-operations.ts";
import { TASK_OPERATIONS } from "./task-operations.ts";
import { TRANSFER_OPERATIONS } from "./transfer-operations.ts";

/** Everything our own API can do, as documentation shows it. */
export const OPERATIONS: Readonly<Record<string, NativeOperation>> = {
  ...TASK_OPERATIONS,
  ...PUSH_OPERATIONS,
  ...WEBHOOK_OPERATIONS,
  ...TRANSFER_OPERATIONS,
};
