import type { StoredKey } from "../../store/access-store.ts";
import type { Administration } from "../administration.ts";
import type { Resealable } from "./secret-keeper.ts";

/** So few that neither requests nor the changes which wait meanwhile are held up: about 2 ms. */
const KEYS_AT_ONCE = 25;

/** The secrets of access keys. A damaged one stays as it is. */
export function resealableKeys(api: Administration): Resealable {
  const { ring, secrets, journal } = api.options;
  const { box } = secrets;
  /** What cannot be opened is not tried for ever. */
  const damaged = new Set<string>();
  /** The ids of those that were found, because to look through all keys for each few would take long. */
  let found: string[] = [];
  const isOutdated = ({ id, sealed }: StoredKey) =>
    !box.isNewest(sealed) && !damaged.has(id) && !ring.isConfigured(id);
  const resealed = (key: StoredKey) => {
    try {
      return [{ ...key, sealed: box.seal(box.open(key.sealed, key.id), key.id) }];
    } catch {
      damaged.add(key.id);
      return [];
    }
  };
  return {
    name: "accessKeys",
    outdated: async () => ring.keys.filter(isOutdated).length,
    some: () =>
      api.turn(async () => {
        if (found.length === 0) found = ring.keys.filter(isOutdated).map(({ id }) => id);
        const some = found.splice(0, KEYS_AT_ONCE).flatMap((id) => ring.key(id) ?? []);
        const changes = some
          .filter(isOutdated)
          .flatMap(resealed)
          .map((key) => ({ type: "put-key", key }) as const);
        try {
          await journal.write([], changes);
        } catch (error) {
          found = [];
          throw error;
        }
        ring.apply(changes);
        return found.length > 0;
      }),
  };
}
