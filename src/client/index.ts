// The published entry point "taskscribe/client".

export type { TaskWords, Verdict } from "../dialects/task-words.ts";
export type { BulkOperations, BulkOrder } from "./bulk.ts";
export {
  type CallerIdentity,
  type ListQuery,
  type Lost,
  type Submitted,
  TaskscribeClient,
  type WaitQuery,
} from "./client.ts";
export { ConnectionError, TaskscribeError, WaitTimeoutError } from "./errors.ts";
export type { EventOptions, LogReset } from "./events.ts";
export { hasEnded } from "./follow.ts";
export type { Credentials } from "./sign.ts";
export type { ClientOptions, RetryNote } from "./transport.ts";
export type {
  Approval,
  ControlRecord,
  Count,
  Counts,
  Entry,
  Export,
  Health,
  Import,
  LogEntry,
  Preview,
  Reason,
  RegisteredType,
  Retry,
  Signal,
  Step,
  SubmitTask,
  Subtask,
  Target,
  Task,
  TaskError,
  TaskList,
  TaskState,
  Waited,
  Why,
} from "./types.ts";
export {
  type SdkClient,
  type TaskNews,
  type WaitedTask,
  type WaitForTaskOptions,
  waitForTask,
} from "./wait-for-task.ts";
export type { WaitForOptions } from "./waiting.ts";
export type { CreateWebhook, DeadLetter, Outcome, Resent, Webhook } from "./webhook-types.ts";
export type { Webhooks } from "./webhooks.ts";
