import { BulkBody, ImportBody, PreviewBody } from "../bulk/bulk-schemas.ts";
import type { NativeOperation } from "../operation.ts";
import { TaskBody } from "../schemas.ts";
import { ExportBody } from "../tasks/report-schemas.ts";

export const TRANSFER_OPERATIONS = {
  exportTask: {
    action: "ExportTask",
    method: "GET",
    path: "/v1/tasks/{id}/export",
    summary: "Gives a task and its whole log as one file.",
    status: 200,
    answer: ExportBody,
  },
  importTask: {
    action: "ImportTask",
    method: "POST",
    path: "/v1/tasks/import",
    summary: "Takes in an exported task, under a new id; the old one finds it too.",
    status: 201,
    headers: {
      "Idempotency-Key":
        "sent again with the same file, the answer is the task of the first request",
    },
    body: ImportBody,
    bodyRequired: true,
    bodyBudget: "importBytes",
    answer: TaskBody,
  },
  bulkTasks: {
    action: "BulkTasks",
    method: "POST",
    path: "/v1/bulk",
    summary:
      "Acts on all tasks that fit a filter, as a task that shows its progress; cancel it to stop.",
    status: 201,
    headers: { "Idempotency-Key": "the same as clientToken" },
    body: BulkBody,
    bodyRequired: true,
    answer: TaskBody,
    otherwise: {
      answers: [PreviewBody, TaskBody],
      when: "Only a preview was wanted; or the task of an earlier request with the same clientToken.",
    },
  },
} as const satisfies Record<string, NativeOperation>;
