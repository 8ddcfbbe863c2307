import { DomainError } from "../../../core/errors.ts";
import type { Call } from "../../../message/call.ts";
import { invalidParameter } from "../../../message/check-value.ts";
import type { Feed } from "../../../push/feed.ts";

/** As `positionIn`, of the parameter `after`. */
export function positionAfter(feed: Feed, call: Call): Promise<number | undefined> {
  return positionIn(feed, "after", call.query.get("after"));
}

/**
 * The position that a client has read up to, by its cursor; undefined if it gave none.
 * @throws DomainError `InvalidParameter`; `CursorOutdated`, with the cursor to begin anew after as the fact `next`
 */
export async function positionIn(
  feed: Feed,
  parameter: string,
  cursor: string | null | undefined,
): Promise<number | undefined> {
  if (!cursor) return undefined;
  const place = await feed.place(cursor);
  if (place === undefined) {
    const expected = "a cursor, as next of an answer and the ids of a stream are, or 0";
    throw invalidParameter(parameter, cursor, expected);
  }
  if (place.isPresent) return place.position;
  const next = feed.cursors.at(place.position);
  const what = "which is outdated: the log it is of was replaced, as a restore does";
  const message = `parameter ${parameter} is "${cursor}", ${what}; begin anew after ${next}`;
  throw new DomainError("CursorOutdated", message, { parameter, found: cursor, next });
}
