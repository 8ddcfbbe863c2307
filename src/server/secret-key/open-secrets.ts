import { SecretKeeper } from "../../access/secrets/secret-keeper.ts";
import { changeOf, needsItsKey, openKeys } from "../../access/secrets/secret-keys.ts";
import type { Clock } from "../../clock.ts";
import type { Config } from "../../config/settings.ts";
import type { Log } from "../../log.ts";
import type { AccessRecords, AccessStore } from "../../store/access-store.ts";
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
  const { opened, outdated } = openKeys(records, given, clock.now());
  const secrets = new SecretKeeper(opened, source);
  if (outdated) {
    const change = changeOf(opened);
    await store.write({ changes: [change] });
    const facts = { secretKeyId: secrets.secretKeyId, source: source.name };
    if (needsItsKey(records))
      log.info(facts, "the secrets are under another secret key from now on");
  }
  source.settled();
  return secrets;
}
