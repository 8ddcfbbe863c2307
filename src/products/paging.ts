import type { JsonObject } from "../core/json.ts";
import { invalid, text, whole } from "./parameters.ts";

export interface NumberedNames {
  readonly number: string;
  readonly size: string;
}

export interface NumberedPage<Item> {
  readonly items: readonly Item[];
  readonly info: { page_number: number; page_size: number; total_count: number };
}

const NUMBERED = { defaultSize: 10, maxSize: 100 };

/** The page that a caller asks for by its number; beyond the last one there is nothing. */
export function numberedPage<Item>(
  all: readonly Item[],
  parameters: JsonObject,
  names: NumberedNames,
): NumberedPage<Item> {
  const number = whole(parameters, names.number, { min: 1, max: 1_000_000 }) ?? 1;
  const size =
    whole(parameters, names.size, { min: 1, max: NUMBERED.maxSize }) ?? NUMBERED.defaultSize;
  const from = (number - 1) * size;
  return {
    items: all.slice(from, from + size),
    info: { page_number: number, page_size: size, total_count: all.length },
  };
}

export interface TokenNames {
  readonly size: string;
  readonly token: string;
}

export interface TokenLimits {
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

export interface TokenPage<Item> {
  readonly items: readonly Item[];
  readonly size: number;
  /** Present if there is more. */
  readonly next?: string;
}

/**
 * The page that follows a token. `all` is sorted by `idOf`, or so that `isAfter` is true of all that follows an id; the
 * token names the last id of the page before, so it stays good while things come and go. Sizes outside the limits are
 * moved inside, never refused.
 */
export function tokenPage<Item>(
  all: readonly Item[],
  idOf: (item: Item) => string,
  parameters: JsonObject,
  names: TokenNames,
  limits: TokenLimits,
  isAfter: (item: Item, id: string) => boolean = (item, id) => idOf(item) > id,
): TokenPage<Item> {
  const asked = whole(parameters, names.size, { min: 0, max: Number.MAX_SAFE_INTEGER });
  const size = Math.min(Math.max(asked ?? limits.default, limits.min), limits.max);
  const token = text(parameters, names.token);
  const after = token === undefined ? undefined : readToken(token, names.token);
  const rest = after === undefined ? all : all.filter((item) => isAfter(item, after));
  const items = rest.slice(0, size);
  const last = items.at(-1);
  return {
    items,
    size,
    ...(rest.length > size && last !== undefined && { next: writeToken(idOf(last)) }),
  };
}

/** Marks our tokens, so that a token of something else is refused instead of giving an odd page. */
const MARK = "after:";

function writeToken(id: string): string {
  return btoa(encodeURIComponent(MARK + id));
}

function readToken(token: string, name: string): string {
  try {
    const plain = decodeURIComponent(atob(token));
    if (plain.startsWith(MARK)) return plain.slice(MARK.length);
  } catch {
    // Not base64 or not UTF-8: refused like any other token that is not ours.
  }
  throw invalid(name, token, "the token of the page before");
}
