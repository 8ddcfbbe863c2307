import { createHmac, randomBytes } from "node:crypto";

const SECRET_PREFIX = "whsec_";
const SECRET_BYTES = 32;

/** A secret as it is shown to its owner, once. */
export function newWebhookSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString("base64");
}

/**
 * The headers of a delivery, as standardwebhooks.com has them: HMAC-SHA256 over id, moment and body. The moment is
 * that of the attempt, so that a receiver can refuse what is old.
 */
export function signedHeaders(
  secret: string,
  id: string,
  now: number,
  body: string,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1_000));
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return {
    "content-type": "application/json;charset=utf-8",
    "user-agent": "taskscribe-webhook/1",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
  };
}
