import { DomainError } from "../core/errors.ts";
import type { Webhook, WebhookStore } from "../store/webhook-store.ts";
import type { SecretBox } from "./secrets/secret-box.ts";

/** What a sealed secret begins with. One that an earlier version has written begins otherwise. */
const SEALED = "sealed:";

/**
 * A webhook store in which the secrets are encrypted. A webhook whose secret cannot be decrypted stays stored and is left out,
 * because nothing could be signed for it; `lost` is told of it. The others go on.
 */
export function sealedWebhooks(
  store: WebhookStore,
  box: SecretBox,
  lost: (webhookId: string, error: DomainError) => void,
): WebhookStore {
  const seal = (webhook: Webhook): Webhook => ({
    ...webhook,
    secret: SEALED + box.seal(webhook.secret, ownerOf(webhook)),
  });
  const open = (webhook: Webhook): readonly Webhook[] => {
    try {
      const secret = box.open(webhook.secret.slice(SEALED.length), ownerOf(webhook));
      return [{ ...webhook, secret }];
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      lost(webhook.id, error);
      return [];
    }
  };
  return {
    all: async () => {
      const webhooks: Webhook[] = [];
      for (const webhook of await store.all()) {
        const isSealed = webhook.secret.startsWith(SEALED);
        if (!isSealed) await store.put(seal(webhook));
        webhooks.push(...(isSealed ? open(webhook) : [webhook]));
      }
      return webhooks;
    },
    put: (webhook) => store.put(seal(webhook)),
    remove: (id) => store.remove(id),
    saveCursors: (cursors) => store.saveCursors(cursors),
    putDeadLetter: (letter) => store.putDeadLetter(letter),
    deadLetters: (webhookId, after, limit) => store.deadLetters(webhookId, after, limit),
    removeDeadLetter: (webhookId, position) => store.removeDeadLetter(webhookId, position),
    close: () => store.close(),
  };
}

/** What the secret is bound to, so that it opens for no other webhook and for no access key. */
function ownerOf({ id }: Webhook): string {
  return `webhook ${id}`;
}
