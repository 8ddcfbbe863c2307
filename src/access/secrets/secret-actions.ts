import { DomainError } from "../../core/errors.ts";
import type { Administration, Author } from "../administration.ts";
import { OPERATOR } from "../keys/authenticator.ts";
import type { Params } from "../params.ts";
import { secretKeyResource } from "./secret-keys.ts";

/** Exchanges the secret key for another. The answer comes when nothing in the directory depends on the old one any more. */
export async function rotateSecretKey(api: Administration, params: Params, author: Author) {
  params.end();
  refuseUnlessOperator(author, "exchange the secret key");
  const { secrets, clock, log } = api.options;
  const before = secrets.secretKeyId;
  const asked = await secrets.asked();
  const told = await api.change("RotateSecretKey", author, () => {
    const { opened, id, change } = secrets.exchange(asked, clock.now());
    return {
      account: author.account,
      resource: secretKeyResource(id),
      changes: [change],
      committed: () => secrets.adopt(opened),
      told: { secretKeyId: id, source: secrets.source.name, previousSecretKeyId: before },
    };
  });
  void secrets.reseal(log);
  return told;
}

export async function describeSecretKey(api: Administration, params: Params, author: Author) {
  params.end();
  refuseUnlessOperator(author, "see the state of the secret key");
  const { secrets } = api.options;
  const { since, dataKeys } = secrets.opened;
  return {
    secretKeyId: secrets.secretKeyId,
    source: secrets.source.name,
    since: new Date(since).toISOString(),
    dataKeys: dataKeys.length,
    /** How many secrets are sealed with an older data key. */
    outdated: await secrets.outdated(),
  };
}

function refuseUnlessOperator({ actor }: Author, what: string): void {
  if (actor === OPERATOR) return;
  throw new DomainError(
    "AccountMismatch",
    `only the command line on the server can ${what}, because it is about all accounts`,
  );
}
