import { Type } from "typebox";
import { Reason, TaskBody, Text } from "../schemas.ts";

export const BulkBody = Type.Object(
  {
    filter: Type.String({ minLength: 1, description: "which tasks; see GET /v1/tasks" }),
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

export const ImportBody = Type.Object(
  {
    format: Type.Literal("taskscribe-task"),
    version: Type.Literal(1),
    exportedAt: Type.Optional(Text),
    task: Type.Optional(Type.Unknown()),
    log: Type.Array(
      Type.Object({
        position: Type.Optional(Type.Integer()),
        taskId: Text,
        firstVersion: Type.Integer({ minimum: 1 }),
        events: Type.Array(
          Type.Object({ type: Text, at: Type.Integer() }, { additionalProperties: true }),
        ),
      }),
      { minItems: 1, maxItems: 100_000 },
    ),
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
