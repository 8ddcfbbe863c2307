import { OPERATOR } from "../../access/keys/authenticator.ts";
import { SecretKeeper } from "../../access/secrets/secret-keeper.ts";
import {
  changeOf,
  needsItsKey,
  openKeys,
  secretKeyResource,
} from "../../access/secrets/secret-keys.ts";
import type { Clock } from "../../clock.ts";
import type { Config } from "../../config/settings.ts";
import type { Log } from "../../log.ts";
import {
  type AccessRecords,
  type AccessStore,
  type AuditRecord,
  BLANK_RECORD,
} from "../../store/access-store.ts";
import { secretKeySourceOf } from "./source.ts";

/**
 * Opens the keys of the secrets. If the secret key is another than before, and the old one was given behind it, everything is
 * put under the new one. What is new is durable before anything is encrypted with it.
 * @throws DomainError `StoreUnavailable` for a wrong secret key, `InvalidParameter` for one that is none.
 */
export async function openSecrets(
  config: Config,
  records: AccessRecords,
  store: AccessStore,
  clock: Clock,
  log: Log,
): Promise<SecretKeeper> {
  const source = secretKeySourceOf(config);
  const given = await source.read(needsItsKey(records));
  const { opened, state } = openKeys(records, given, clock.now());
  const secrets = new SecretKeeper(opened, source);
  const { secretKeyId } = secrets;
  if (state !== "stored") {
    const exchange = exchangeRecord(config, clock.now(), secretKeyId);
    const audit = state === "exchanged" ? [exchange] : [];
    await store.write({ changes: [changeOf(opened)], audit });
  }
  if (state === "exchanged") {
    log.info({ secretKeyId, source: source.name }, "the secret key was exchanged by this start");
  }
  source.settled();
  return secrets;
}

function exchangeRecord({ account }: Config, at: number, secretKeyId: string): AuditRecord {
  return {
    ...BLANK_RECORD,
    at,
    account,
    actor: OPERATOR,
    source: "start",
    action: "taskscribe:RotateSecretKey",
    resource: secretKeyResource(secretKeyId),
    outcome: "done",
    status: 200,
    count: 1,
  };
}
