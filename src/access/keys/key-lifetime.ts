import { DomainError } from "../../core/errors.ts";
import type { AccessChange, StoredKey } from "../../store/access-store.ts";
import type { Administration, Author } from "../administration.ts";
import type { Params } from "../params.ts";
import { refuseConfigured } from "./key-actions.ts";
import { boundsIn } from "./key-bounds.ts";

const LONGEST_OVERLAP_S = 90 * 86_400;
const DEFAULT_OVERLAP_S = 86_400;

/** Changes when a key ends and where it may be used from. Open waits and streams that do not fit end at once. */
export async function updateAccessKey(api: Administration, params: Params, author: Author) {
  const id = params.text("accessKeyId");
  const { expiresInSeconds, networks } = boundsIn(params);
  const never = params.flag("neverExpires");
  params.end();
  if (never && expiresInSeconds !== undefined) {
    const message = "neverExpires is given beside expiresInSeconds; give one of them";
    throw new DomainError("InvalidParameter", message, { parameter: "neverExpires" });
  }
  return api.change("UpdateAccessKey", author, () => {
    const { expiresAt, networks: before, ...rest } = lastingKey(api, id, author);
    const end = expiresInSeconds === undefined ? expiresAt : endAfter(api, expiresInSeconds);
    const allowed = networks ?? before ?? [];
    const key: StoredKey = {
      ...rest,
      ...(end !== undefined && !never && { expiresAt: end }),
      ...(allowed.length > 0 && { networks: allowed }),
    };
    return {
      account: key.account,
      resource: `access/${id}`,
      changes: [{ type: "put-key", key }],
      told: {
        accessKeyId: id,
        ...(key.expiresAt !== undefined && { expiration: new Date(key.expiresAt).toISOString() }),
        networks: allowed,
      },
    };
  });
}

/** Makes a key like this one, with the same policies; this one ends after the overlap. */
export async function rotateAccessKey(api: Administration, params: Params, author: Author) {
  const id = params.text("accessKeyId");
  const overlap = params.optionalWhole("overlapSeconds", 0, LONGEST_OVERLAP_S) ?? DEFAULT_OVERLAP_S;
  params.end();
  return api.change("RotateAccessKey", author, () => {
    const { ring, clock, maker } = api.options;
    const old = lastingKey(api, id, author);
    const { account, principal, expiresAt, createdAt, networks } = old;
    const lifeS = expiresAt === undefined ? undefined : (expiresAt - createdAt) / 1_000;
    const user = principal.slice(principal.lastIndexOf("/") + 1);
    const made = maker.key(account, user, { expiresInSeconds: lifeS, networks });
    const end = Math.min(clock.now() + overlap * 1_000, expiresAt ?? Number.POSITIVE_INFINITY);
    const target = String(made.told["accessKeyId"]);
    const attached = ring.attachmentsOf(account, "key", id);
    const changes: AccessChange[] = [
      ...made.changes,
      ...attached.map((one) => ({ type: "attach", attachment: { ...one, target } }) as const),
      { type: "put-key", key: { ...old, expiresAt: end } },
    ];
    const replaced = { replaces: id, replacedEndsAt: new Date(end).toISOString() };
    return { account, resource: `access/${id}`, changes, told: { ...made.told, ...replaced } };
  });
}

/** @throws DomainError for a temporary key, which nobody can change, and one of the configuration file. */
function lastingKey(api: Administration, id: string, author: Author): StoredKey {
  const key = api.keyOf(id, author);
  refuseConfigured(api.options.ring, id);
  if (key.temporary === undefined) return key;
  throw new DomainError(
    "InvalidParameter",
    `accessKeyId: ${id} is temporary and cannot be changed; make another, or end it with DeleteAccessKey`,
    { parameter: "accessKeyId" },
  );
}

function endAfter({ options: { clock } }: Administration, seconds: number): number {
  return clock.now() + seconds * 1_000;
}
