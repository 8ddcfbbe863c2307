import type { Webhook, WebhookStore } from "../store/webhook-store.ts";
import type { SecretBox } from "./keys/secret-box.ts";

/** A secret that an earlier version has written does not begin so. */
const SEALED = "sealed:";

/** A store that is given no secret to keep in readable form. */
export function sealedWebhooks(store: WebhookStore, box: SecretBox): WebhookStore {
  const seal = (webhook: Webhook): Webhook => ({
    ...webhook,
    secret: SEALED + box.seal(webhook.secret, placeOf(webhook)),
  });
  const open = (webhook: Webhook): Webhook => ({
    ...webhook,
    secret: box.open(webhook.secret.slice(SEALED.length), placeOf(webhook)),
  });
  return {
    /** @throws DomainError `StoreUnavailable` for a secret that cannot be decrypted. */
    all: async () => {
      const webhooks: Webhook[] = [];
      for (const webhook of await store.all()) {
        const isSealed = webhook.secret.startsWith(SEALED);
        if (!isSealed) await store.put(seal(webhook));
        webhooks.push(isSealed ? open(webhook) : webhook);
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

/** Neither another webhook nor an access key can lend its secret. */
function placeOf({ id }: Webhook): string {
  return `webhook ${id}`;
}
