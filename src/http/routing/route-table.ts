import type { Route } from "../../dialects/dialect.ts";

export interface Match {
  readonly route: Route;
  /** Path parameters, split before they were decoded. */
  readonly path: Readonly<Record<string, string>>;
}

/** What may follow after the segments so far. */
interface Place {
  readonly fixed: Map<string, Place>;
  any?: Place;
  /** Routes whose path ends in `*` here, and those that end here; by method. */
  readonly rest: Map<string, Leaf>;
  readonly leaves: Map<string, Leaf>;
}

interface Leaf {
  readonly route: Route;
  readonly names: readonly string[];
}

const ANY = /^\{(\w+)\}$/;

/**
 * The paths of one dialect's operations, by segment: a fixed one beats a parameter, a parameter beats the rest.
 * Fastify's router would do, but making its tree of some 130 operations took a fifth of a start.
 */
export class RouteTable {
  readonly #root = emptyPlace();

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#add(route);
  }

  find(method: string, target: string): Match | undefined {
    const segments = segmentsOf(target);
    const values: string[] = [];
    const leaf = find(this.#root, method, segments, 0, values);
    if (leaf === undefined) return undefined;
    const { route, names } = leaf;
    const path: Record<string, string> = {};
    for (let i = 0; i < names.length; i++) path[names[i] ?? ""] = values[i] ?? "";
    return { route, path };
  }

  /** A path that ends in `/` is also understood without. */
  #add(route: Route): void {
    const segments = route.path.split("/").slice(1);
    this.#put(route, segments);
    if (segments.length > 1 && segments.at(-1) === "") this.#put(route, segments.slice(0, -1));
  }

  #put(route: Route, segments: readonly string[]): void {
    const names: string[] = [];
    let place = this.#root;
    for (const segment of segments) {
      if (segment === "*") break;
      const name = ANY.exec(segment)?.[1];
      place = name === undefined ? fixedPlace(place, segment) : anyPlace(place);
      if (name !== undefined) names.push(name);
    }
    const at = segments.at(-1) === "*" ? place.rest : place.leaves;
    for (const method of route.methods) at.set(method, { route, names });
  }
}

function emptyPlace(): Place {
  return { fixed: new Map(), rest: new Map(), leaves: new Map() };
}

function fixedPlace({ fixed }: Place, segment: string): Place {
  const place = fixed.get(segment) ?? emptyPlace();
  fixed.set(segment, place);
  return place;
}

function anyPlace(place: Place): Place {
  place.any ??= emptyPlace();
  return place.any;
}

function find(
  place: Place,
  method: string,
  segments: readonly string[],
  at: number,
  values: string[],
): Leaf | undefined {
  const segment = segments[at];
  if (segment === undefined) return place.leaves.get(method);
  const fixed = place.fixed.get(segment);
  const found = fixed && find(fixed, method, segments, at + 1, values);
  if (found !== undefined) return found;
  if (place.any !== undefined) {
    values.push(segment);
    const leaf = find(place.any, method, segments, at + 1, values);
    if (leaf !== undefined) return leaf;
    values.pop();
  }
  return place.rest.get(method);
}

/** Split first, decoded then: `%2F` is part of a segment. */
function segmentsOf(target: string): readonly string[] {
  const segments = upTo("#", upTo("?", target)).slice(1).split("/");
  return target.includes("%") ? segments.map(decodeURIComponent) : segments;
}

function upTo(mark: string, text: string): string {
  const end = text.indexOf(mark);
  return end < 0 ? text : text.slice(0, end);
}
