import type { NativeOperation } from "../operation.ts";
import {
  ControlBody,
  RetryBody,
  SignalBody,
  SubmitTaskBody,
  TaskBody,
  TaskListBody,
} from "../schemas.ts";
import { ListQuery } from "./list-schemas.ts";
import { AtQuery, CountsBody, TokenQuery, TypesBody, WhyBody } from "./report-schemas.ts";

const REPEATED =
  "sent again with the same key, nothing is done again; the answer shows the task as it is then";

export const TASK_OPERATIONS = {
  submitTask: {
    action: "SubmitTask",
    method: "POST",
    path: "/v1/tasks",
    summary: "Submits a task of a registered type; it is stored before the answer.",
    status: 201,
    headers: { "Idempotency-Key": "the same as clientToken" },
    body: SubmitTaskBody,
    bodyRequired: true,
    answer: TaskBody,
    otherwise: {
      answers: [TaskBody],
      when: "No new task; the header x-taskscribe-outcome says why: repeated, joined or checked.",
    },
  },
  listTasks: {
    action: "ListTasks",
    method: "GET",
    path: "/v1/tasks",
    summary: "Lists tasks of all products, newest first.",
    status: 200,
    query: ListQuery,
    answer: TaskListBody,
  },
  findTask: {
    action: "FindTask",
    method: "GET",
    path: "/v1/tasks/by-token",
    summary: "Finds the task that a client token made, to take up a lost conversation.",
    status: 200,
    query: TokenQuery,
    required: ["token"],
    answer: TaskBody,
  },
  getTask: {
    action: "GetTask",
    method: "GET",
    path: "/v1/tasks/{id}",
    summary: "Describes one task, of whatever product, now or at a moment of the past.",
    status: 200,
    query: AtQuery,
    answer: TaskBody,
  },
  whyTask: {
    action: "WhyTask",
    method: "GET",
    path: "/v1/tasks/{id}/why",
    summary: "Says why a task does not move.",
    status: 200,
    answer: WhyBody,
  },
  cancelTask: control("CancelTask", "cancel", "Asks a task to stop. Repeating it changes nothing."),
  pauseTask: control("PauseTask", "pause", "Lets a task start no new step until it is resumed."),
  resumeTask: control("ResumeTask", "resume", "Lets a paused task go on."),
  retryTask: {
    ...control("RetryTask", "retry", "Tries an ended task again, as a new task that links to it."),
    status: 201,
    headers: { "Idempotency-Key": "sent again, the answer is the new task of the first request" },
    body: RetryBody,
  },
  signalTask: {
    ...control("SignalTask", "signal", "Answers the question with which a step waits."),
    body: SignalBody,
  },
  countTasks: {
    action: "CountTasks",
    method: "GET",
    path: "/v1/counts",
    summary: "Counts tasks by product, type and state.",
    status: 200,
    answer: CountsBody,
  },
  listTypes: {
    action: "ListTypes",
    method: "GET",
    path: "/v1/types",
    summary: "Lists the task types that are registered.",
    status: 200,
    answer: TypesBody,
  },
} as const satisfies Record<string, NativeOperation>;

function control<Action extends string>(action: Action, verb: string, summary: string) {
  return {
    action,
    method: "POST" as const,
    path: `/v1/tasks/{id}/${verb}`,
    summary,
    status: 200,
    headers: { "Idempotency-Key": REPEATED },
    body: ControlBody,
    bodyRequired: true,
    answer: TaskBody,
  };
}
