import { Type } from "typebox";
import { FIELD_LIMITS } from "../../../core/values/field-limits.ts";
import { MAX_FILTER_LENGTH } from "../../../filter/parse.ts";
import { Reason, TaskBody } from "../schemas.ts";

export const BulkBody = Type.Object(
  {
    filter: Type.String({
      minLength: 1,
      maxLength: MAX_FILTER_LENGTH,
      description: "which tasks; see GET /v1/tasks",
    }),
    action: Type.Enum(["cancel", "pause", "resume", "retry"]),
    reason: Reason,
    preview: Type.Optional(
      Type.Boolean({ description: "only say how many there are; the answer is 200" }),
    ),
    clientToken: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, description: "the same token: the same task" }),
    ),
  },
  { title: "Bulk", additionalProperties: false },
);

export const PreviewBody = Type.Object(
  {
    count: Type.Integer(),
    more: Type.Boolean({ description: "there are more than were counted" }),
    sample: Type.Array(TaskBody, { description: "the newest of them" }),
  },
  { title: "Preview" },
);

export const ImportedEntry = Type.Object({
  position: Type.Optional(Type.Integer()),
  taskId: Type.String({ maxLength: FIELD_LIMITS.nameBytes }),
  firstVersion: Type.Integer({ minimum: 1 }),
  events: Type.Array(
    // Every event is held to the fields of its type (`engine/imports/event-schema.ts`).
    Type.Object(
      { type: Type.String({ maxLength: 64 }), at: Type.Integer() },
      { additionalProperties: true },
    ),
    { maxItems: 100_000 },
  ),
});

export const ImportBody = Type.Object(
  {
    format: Type.Literal("taskscribe-task"),
    version: Type.Literal(1),
    exportedAt: Type.Optional(Type.String({ maxLength: 64 })),
    task: Type.Optional(Type.Unknown()),
    log: Type.Array(ImportedEntry, { minItems: 1, maxItems: 100_000 }),
    rehome: Type.Optional(
      Type.Boolean({
        description: "take in an open task, held; it must be stopped where it was",
      }),
    ),
    resume: Type.Optional(
      Type.Boolean({ description: "take in an open task and let it run on here at once" }),
    ),
  },
  { title: "Import" },
);
