import { Type } from "typebox";
import { MAX_FILTER_LENGTH } from "../../../filter/parse.ts";
import { Moment, Text } from "../schemas.ts";

export const CreateWebhookBody = Type.Object(
  {
    url: Type.String({ minLength: 1, maxLength: 2_000, description: "http or https" }),
    filter: Type.Optional(
      Type.String({
        maxLength: MAX_FILTER_LENGTH,
        description: "only events of tasks that fit, as they are after the event",
      }),
    ),
    description: Type.Optional(Type.String({ maxLength: 1_000 })),
  },
  { title: "CreateWebhook", additionalProperties: false },
);

export const WebhookBody = Type.Object(
  {
    id: Text,
    url: Text,
    filter: Text,
    description: Text,
    createdAt: Moment,
    position: Type.Integer({ description: "everything up to here is done with" }),
    pausedUntil: Type.Optional(
      Type.String({
        format: "date-time",
        description: "its target did not answer several times in a row; it is tried again then",
      }),
    ),
    secret: Type.Optional(Type.String({ description: "shown once, when it is made" })),
  },
  { title: "Webhook" },
);

export const WebhookListBody = Type.Object(
  { webhooks: Type.Array(WebhookBody) },
  { title: "WebhookList" },
);

export const OutcomeBody = Type.Object(
  {
    delivered: Type.Boolean(),
    status: Type.Optional(Type.Integer({ description: "what the target answered" })),
    error: Type.Optional(Text),
  },
  { title: "Outcome" },
);

export const DeadLetterListBody = Type.Object(
  {
    deadLetters: Type.Array(
      Type.Object(
        {
          position: Type.Integer(),
          taskId: Text,
          attempts: Type.Integer(),
          error: Text,
          at: Moment,
        },
        { title: "DeadLetter" },
      ),
    ),
    next: Type.Optional(Type.String({ description: "give it as `after` to read on" })),
  },
  { title: "DeadLetterList" },
);

export const ResendBody = Type.Object(
  {
    positions: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1 }), {
        maxItems: 100,
        description: "absent: the 100 oldest",
      }),
    ),
    after: Type.Optional(
      Type.String({
        maxLength: 100,
        description: "the next of the answer before: the 100 oldest behind it; not with positions",
      }),
    ),
  },
  { title: "Resend", additionalProperties: false },
);

export const ResentBody = Type.Object(
  {
    sent: Type.Integer(),
    failed: Type.Integer(),
    left: Type.Optional(
      Type.Integer({ description: "how many were not tried within half a minute" }),
    ),
    next: Type.Optional(
      Type.String({ description: "there are more: give it as `after` to send them, too" }),
    ),
  },
  { title: "Resent" },
);
