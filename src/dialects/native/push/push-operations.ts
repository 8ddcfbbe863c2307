import { Type } from "typebox";
import type { NativeOperation } from "../operation.ts";
import { FilterQuery } from "../tasks/list-schemas.ts";
import {
  EntryBody,
  EntryListBody,
  EntryQuery,
  StreamQuery,
  WaitBody,
  WaitManyBody,
  WaitManyQuery,
  WaitQuery,
} from "../tasks/report-schemas.ts";
import {
  CreateWebhookBody,
  DeadLetterListBody,
  OutcomeBody,
  ResendBody,
  ResentBody,
  WebhookBody,
  WebhookListBody,
} from "../webhooks/webhook-schemas.ts";

const LAST_EVENT_ID = {
  "Last-Event-ID":
    "the last id that was seen: the stream goes on behind it; or tells in an event `reset` why it cannot",
};

export const PUSH_OPERATIONS = {
  listTaskEvents: {
    action: "ListTaskEvents",
    method: "GET",
    path: "/v1/tasks/{id}/events",
    summary: "Reads a task's log; with Accept: text/event-stream, goes on as it grows.",
    status: 200,
    query: EntryQuery,
    answer: EntryListBody,
  },
  streamTaskEvents: {
    action: "StreamTaskEvents",
    method: "GET",
    path: "/v1/tasks/{id}/events/stream",
    summary: "Streams a task's log from its beginning to the task's end.",
    status: 200,
    query: StreamQuery,
    headers: LAST_EVENT_ID,
    answer: EntryBody,
    stream: true,
    nothing: "The task has ended, and nothing comes after that id.",
  },
  streamEvents: {
    action: "StreamEvents",
    method: "GET",
    path: "/v1/events",
    summary: "Streams what happens to all tasks, from now on unless told where to begin.",
    status: 200,
    query: { ...StreamQuery, ...FilterQuery },
    headers: LAST_EVENT_ID,
    answer: EntryBody,
    stream: true,
  },
  waitTask: {
    action: "WaitTask",
    method: "GET",
    path: "/v1/tasks/{id}/wait",
    summary: "Answers as soon as the task has ended, changed or reached a state.",
    status: 200,
    query: WaitQuery,
    answer: WaitBody,
  },
  waitTasks: {
    action: "WaitTasks",
    method: "GET",
    path: "/v1/wait",
    summary: "The same for many tasks: all of them, or the first.",
    status: 200,
    query: WaitManyQuery,
    required: ["ids"],
    answer: WaitManyBody,
  },
} as const satisfies Record<string, NativeOperation>;

const WEBHOOK = "/v1/webhooks/{webhookId}";

export const WEBHOOK_OPERATIONS = {
  createWebhook: {
    action: "CreateWebhook",
    method: "POST",
    path: "/v1/webhooks",
    summary: "Has an address told of what happens to tasks from now on, signed and in order.",
    status: 201,
    body: CreateWebhookBody,
    bodyRequired: true,
    answer: WebhookBody,
  },
  listWebhooks: {
    action: "ListWebhooks",
    method: "GET",
    path: "/v1/webhooks",
    summary: "Lists the webhooks, and how far each has come.",
    status: 200,
    answer: WebhookListBody,
  },
  getWebhook: {
    action: "GetWebhook",
    method: "GET",
    path: WEBHOOK,
    summary: "Describes a webhook.",
    status: 200,
    answer: WebhookBody,
  },
  deleteWebhook: {
    action: "DeleteWebhook",
    method: "DELETE",
    path: WEBHOOK,
    summary: "Deletes a webhook and its dead letters.",
    status: 200,
    answer: Type.Object({}),
  },
  testWebhook: {
    action: "TestWebhook",
    method: "POST",
    path: `${WEBHOOK}/test`,
    summary: "Sends something harmless, once, and says what came of it.",
    status: 200,
    answer: OutcomeBody,
  },
  listDeadLetters: {
    action: "ListDeadLetters",
    method: "GET",
    path: `${WEBHOOK}/dead-letters`,
    summary: "Lists what could not be delivered.",
    status: 200,
    query: EntryQuery,
    answer: DeadLetterListBody,
  },
  resendDeadLetters: {
    action: "ResendDeadLetters",
    method: "POST",
    path: `${WEBHOOK}/resend`,
    summary: "Tries dead letters again, once each; those that arrive are dead no longer.",
    status: 200,
    body: ResendBody,
    bodyRequired: true,
    answer: ResentBody,
  },
} as const satisfies Record<string, NativeOperation>;
