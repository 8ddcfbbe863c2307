import { DomainError } from "../../../core/errors.ts";
import type { Call } from "../../../message/call.ts";
import type { DeadLetter, Webhook } from "../../../store/webhook-store.ts";
import { mayRead, type TaskRights } from "../../../task-rights.ts";
import type { DialectContext, Route } from "../../dialect.ts";
import { utcMillis } from "../../timestamps.ts";
import { answer, route } from "../answers.ts";
import { readBody } from "../body.ts";
import { LIMITS } from "../dialect.ts";
import { positionAfter, positionIn } from "../push/cursors.ts";
import { WEBHOOK_OPERATIONS } from "../push/push-operations.ts";
import { wholeNumber } from "../requests.ts";
import { isNotFound } from "../rights.ts";
import { CreateWebhookBody, ResendBody } from "./webhook-schemas.ts";

/** So many dead letters are sent again by one call that names none. */
const RESENT_AT_ONCE = 100;

export function webhookRoutes(context: DialectContext): readonly Route[] {
  const operations = WEBHOOK_OPERATIONS;
  const webhooks = () => webhooksOf(context);
  return [
    route(operations.createWebhook, async (call, { account, rights }) => {
      const wanted = readBody<{ url: string }>(call, CreateWebhookBody);
      const made = await webhooks().create(account, wanted, rights?.maker);
      return answer(201, { ...shown(webhooks(), made), secret: made.secret });
    }),
    route(operations.listWebhooks, (_, { account }) => {
      const all = webhooks();
      return answer(200, { webhooks: all.list(account).map((one) => shown(all, one)) });
    }),
    route(operations.getWebhook, (call, { account }) =>
      answer(200, shown(webhooks(), webhooks().get(account, idOf(call)))),
    ),
    route(operations.deleteWebhook, async (call, { account }) => {
      await webhooks().remove(account, idOf(call));
      return answer(200, {});
    }),
    route(operations.testWebhook, async (call, { account }) =>
      answer(200, await webhooks().test(account, idOf(call))),
    ),
    route(operations.listDeadLetters, async (call, { account, rights }) => {
      const { feed } = context.push;
      const after = (await positionAfter(feed, call)) ?? 0;
      const limit = wholeNumber(call, "limit", LIMITS.entries) ?? LIMITS.entries.default;
      const letters = await webhooks().deadLetters(account, idOf(call), after, limit);
      const last = letters.length < limit ? undefined : letters.at(-1)?.position;
      const readable = await lettersFor(context, rights, account, letters);
      const deadLetters = readable.map(shownLetter);
      return answer(200, {
        deadLetters,
        ...(last !== undefined && { next: feed.cursors.at(last) }),
      });
    }),
    route(operations.resendDeadLetters, async (call, { account, rights }) => {
      const asked = readBody<{ positions?: number[]; after?: string }>(call, ResendBody);
      const { feed } = context.push;
      const after = (await positionIn(feed, "after", asked.after)) ?? 0;
      const found = await lettersOf(context, account, idOf(call), asked.positions, after);
      const letters = await lettersFor(context, rights, account, found);
      const resent = await webhooks().resend(account, idOf(call), letters);
      const tried = resent.sent + resent.failed;
      const isAll = resent.left === undefined && found.length < RESENT_AT_ONCE;
      if (isAll || asked.positions !== undefined) return answer(200, resent);
      const last = resent.left === undefined ? found.at(-1) : letters[tried - 1];
      return answer(200, { ...resent, next: feed.cursors.at(last?.position ?? after) });
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

/** The letters about tasks that the caller may read. */
async function lettersFor(
  { service }: DialectContext,
  rights: TaskRights | undefined,
  account: string,
  letters: readonly DeadLetter[],
): Promise<readonly DeadLetter[]> {
  if (rights === undefined) return letters;
  const readable: DeadLetter[] = [];
  for (const letter of letters) {
    const task = await service.get(account, letter.taskId).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (task !== undefined && mayRead(rights, task)) readable.push(letter);
  }
  return readable;
}

async function lettersOf(
  context: DialectContext,
  account: string,
  id: string,
  positions: readonly number[] | undefined,
  after: number,
): Promise<readonly DeadLetter[]> {
  const webhooks = webhooksOf(context);
  if (positions === undefined) return webhooks.deadLetters(account, id, after, RESENT_AT_ONCE);
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
function shown(webhooks: ReturnType<typeof webhooksOf>, webhook: Webhook) {
  const { id, url, filter, description, createdAt, cursor } = webhook;
  const until = webhooks.pausedUntil(webhook);
  return {
    id,
    url,
    filter,
    description,
    createdAt: utcMillis(createdAt),
    position: cursor,
    ...(until !== undefined && { pausedUntil: utcMillis(until) }),
  };
}

function shownLetter({ position, taskId, attempts, error, at }: DeadLetter) {
  return { position, taskId, attempts, error, at: utcMillis(at) };
}
