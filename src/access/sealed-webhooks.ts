import { DomainError } from "../core/errors.ts";
import type { Webhook, WebhookStore } from "../store/webhook-store.ts";
import type { SecretBox } from "./secrets/secret-box.ts";
import type { Resealable } from "./secrets/secret-keeper.ts";

/** What a sealed secret begins with. One that an earlier version has written begins otherwise. */
const SEALED = "sealed:";

export interface SealedWebhooks extends WebhookStore {
  readonly resealable: Resealable;
}

/**
 * A webhook store in which the secrets are encrypted. A webhook whose secret cannot be decrypted stays stored and is left out,
 * because nothing could be signed for it; `lost` is told of it. The others go on.
 */
export function sealedWebhooks(
  store: WebhookStore,
  box: SecretBox,
  lost: (webhookId: string, error: DomainError) => void,
): SealedWebhooks {
  const inOrder = oneAfterAnother();
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
  const isOutdated = ({ secret }: Webhook) => !box.isNewest(secret.slice(SEALED.length));
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
    put: (webhook) => inOrder(() => store.put(seal(webhook))),
    remove: (id) => inOrder(() => store.remove(id)),
    saveProgress: (progress) => inOrder(() => store.saveProgress(progress)),
    lanes: (webhookId) => store.lanes(webhookId),
    putDeadLetters: (letters) => store.putDeadLetters(letters),
    deadPositions: (webhookId, after) => store.deadPositions(webhookId, after),
    deadLetters: (webhookId, after, limit) => store.deadLetters(webhookId, after, limit),
    removeDeadLetter: (webhookId, position) => store.removeDeadLetter(webhookId, position),
    close: () => store.close(),
    resealable: {
      name: "webhooks",
      outdated: async () => (await store.all()).filter(isOutdated).length,
      some: () =>
        inOrder(async () => {
          for (const webhook of (await store.all()).filter(isOutdated)) {
            const [opened] = open(webhook);
            if (opened !== undefined) await store.put(seal(opened));
          }
          return false;
        }),
    },
  };
}

/** Runs works in their order, each when the one before it has ended, so that none writes what another has read. */
function oneAfterAnother(): <T>(run: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const next = last.then(run);
    last = next.catch(() => {});
    return next;
  };
}

/** What the secret is bound to, so that it opens for no other webhook and for no access key. */
function ownerOf({ id }: Webhook): string {
  return `webhook ${id}`;
}
