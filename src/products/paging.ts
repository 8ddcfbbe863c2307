import type { JsonObject } from "../core/json.ts";
import { invalidParameter, optionalInteger, optionalText } from "./parameters.ts";

/** The names of the parameters of a numbered page. */
export interface NumberedNames {
  readonly number: string;
  readonly size: string;
}

export interface NumberedPage<Item> {
  readonly items: readonly Item[];
  readonly info: { page_number: number; page_size: number; total_count: number };
}

const NUMBERED = { defaultSize: 10, maxSize: 100 };

/** The page with the requested number. A page beyond the last one is empty. */
export function numberedPage<Item>(
  all: readonly Item[],
  parameters: JsonObject,
  names: NumberedNames,
): NumberedPage<Item> {
  const number = optionalInteger(parameters, names.number, { min: 1, max: 1_000_000 }) ?? 1;
  const size =
    optionalInteger(parameters, names.size, { min: 1, max: NUMBERED.maxSize }) ??
    NUMBERED.defaultSize;
  const from = (number - 1) * size;
  return {
    items: all.slice(from, from + size),
    info: { page_number: number, page_size: size, total_count: all.length },
  };
}

/** The names of the parameters of a page by token. */
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
  /** The token of the next page, if there is one. */
  readonly next?: string;
}

/**
 * The page after a token. The token names the last id of the page before, so it stays valid when entries are added or
 * removed. `all` must be sorted by `idOf`, or else by the order that `isAfter` decides. A size outside the limits is
 * changed to the nearest limit.
 * @throws DomainError `InvalidParameter` for a token that is not of this function.
 */
export function tokenPage<Item>(
  all: readonly Item[],
  idOf: (item: Item) => string,
  parameters: JsonObject,
  names: TokenNames,
  limits: TokenLimits,
  isAfter: (item: Item, id: string) => boolean = (item, id) => idOf(item) > id,
): TokenPage<Item> {
  const requested = optionalInteger(parameters, names.size, {
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  });
  const size = Math.min(Math.max(requested ?? limits.default, limits.min), limits.max);
  const token = optionalText(parameters, names.token);
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

/** Marks our tokens, so that any other text is refused as a token. */
const MARK = "after:";

function writeToken(id: string): string {
  return btoa(encodeURIComponent(MARK + id));
}

function readToken(token: string, name: string): string {
  try {
    const plain = decodeURIComponent(atob(token));
    if (plain.startsWith(MARK)) return plain.slice(MARK.length);
  } catch {
    // The text is not base64 or not UTF-8. It is refused below.
  }
  throw invalidParameter(name, token, "the token of the page before");
}
