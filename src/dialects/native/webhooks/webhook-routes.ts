import { DomainError } from "../../../core/errors.ts";
import type { Call } from "../../../message/call.ts";
import type { DeadLetter, Webhook } from "../../../store/webhook-store.ts";
import type { DialectContext, Route } from "../../dialect.ts";
import { utcMillis } from "../../timestamps.ts";
import { answer, route } from "../answers.ts";
import { readBody } from "../body.ts";
import { LIMITS } from "../dialect.ts";
import { WEBHOOK_OPERATIONS } from "../push/push-operations.ts";
import { wholeNumber } from "../requests.ts";
import { CreateWebhookBody, ResendBody } from "./webhook-schemas.ts";

export function webhookRoutes(context: DialectContext): readonly Route[] {
  const operations = WEBHOOK_OPERATIONS;
  const webhooks = () => webhooksOf(context);
  return [
    route(operations.createWebhook, async (call, { account }) => {
      const wanted = readBody<{ url: string }>(call, CreateWebhookBody);
      const made = await webhooks().create(account, wanted);
      return answer(201, { ...shown(made), secret: made.secret });
    }),
    route(operations.listWebhooks, (_, { account }) =>
      answer(200, { webhooks: webhooks().list(account).map(shown) }),
    ),
    route(operations.getWebhook, (call, { account }) =>
      answer(200, shown(webhooks().get(account, idOf(call)))),
    ),
    route(operations.deleteWebhook, async (call, { account }) => {
      await webhooks().remove(account, idOf(call));
      return answer(200, {});
    }),
    route(operations.testWebhook, async (call, { account }) =>
      answer(200, await webhooks().test(account, idOf(call))),
    ),
    route(operations.listDeadLetters, async (call, { account }) => {
      const after = wholeNumber(call, "after", { minimum: 0 }) ?? 0;
      const limit = wholeNumber(call, "limit", LIMITS.entries) ?? LIMITS.entries.default;
      const letters = await webhooks().deadLetters(account, idOf(call), after, limit);
      const next = letters.length < limit ? undefined : letters.at(-1)?.position;
      const deadLetters = letters.map(shownLetter);
      return answer(200, { deadLetters, ...(next !== undefined && { next }) });
    }),
    route(operations.resendDeadLetters, async (call, { account }) => {
      const { positions } = readBody<{ positions?: number[] }>(call, ResendBody);
      const letters = await lettersOf(context, account, idOf(call), positions);
      return answer(200, await webhooks().resend(account, idOf(call), letters));
    }),
  ];
}

function webhooksOf({ push: { webhooks } }: DialectContext) {
  if (webhooks !== undefined) return webhooks;
  throw new DomainError("OperationUnsupported", "this server sends no webhooks", {
    product: "native",
    action: "webhooks",
  });
}

async function lettersOf(
  context: DialectContext,
  account: string,
  id: string,
  positions: readonly number[] | undefined,
): Promise<readonly DeadLetter[]> {
  const webhooks = webhooksOf(context);
  if (positions === undefined) return webhooks.deadLetters(account, id, 0, 100);
  const found: DeadLetter[] = [];
  for (const position of [...positions].sort((a, b) => a - b)) {
    const [letter] = await webhooks.deadLetters(account, id, position - 1, 1);
    if (letter?.position !== position) {
      const message = `webhook ${id} has no dead letter at position ${position}`;
      throw new DomainError("ResourceNotFound", message, {
        kind: "dead letter",
        id: String(position),
      });
    }
    found.push(letter);
  }
  return found;
}

function idOf(call: Call): string {
  return call.path["webhookId"] ?? "";
}

/** A webhook as it is shown, without its secret. */
function shown({ id, url, filter, description, createdAt, cursor }: Webhook) {
  return { id, url, filter, description, createdAt: utcMillis(createdAt), position: cursor };
}

function shownLetter({ position, taskId, attempts, error, at }: DeadLetter) {
  return { position, taskId, attempts, error, at: utcMillis(at) };
}
