import type { Webhook, WebhookStore } from "../store/webhook-store.ts";
import type { SecretBox } from "./keys/secret-box.ts";

/** What a sealed secret begins with. One that an earlier version has written begins otherwise. */
const SEALED = "sealed:";

/** A webhook store in which the secrets are encrypted. */
export function sealedWebhooks(store: WebhookStore, box: SecretBox): WebhookStore {
  const seal = (webhook: Webhook): Webhook => ({
    ...webhook,
    secret: SEALED + box.seal(webhook.secret, ownerOf(webhook)),
  });
  const open = (webhook: Webhook): Webhook => ({
    ...webhook,
    secret: box.open(webhook.secret.slice(SEALED.length), ownerOf(webhook)),
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

/** What the secret is bound to, so that it opens for no other webhook and for no access key. */
function ownerOf({ id }: Webhook): string {
  return `webhook ${id}`;
}
