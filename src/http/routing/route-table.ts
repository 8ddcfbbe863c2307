import type { PathParameters } from "../../message/call.ts";
import { FAULTS, FaultError } from "../../message/fault.ts";
import type { RoutedEndpoint } from "./endpoints.ts";

/** What is looked up here: a call that has not been led anywhere yet. */
export interface UnroutedCall {
  readonly method: string;
  readonly target: string;
  leadTo(endpoint: RoutedEndpoint, path: PathParameters): void;
}

/** A node of the tree of paths: what may follow after the segments so far. */
interface Node {
  readonly fixed: Map<string, Node>;
  any?: Node;
  /** Routes whose path ends in `*` here, by method. */
  readonly rest: Map<string, Leaf>;
  /** Routes whose path ends here, by method. */
  readonly ends: Map<string, Leaf>;
}

interface Leaf {
  readonly endpoint: RoutedEndpoint;
  /** The names of its path parameters, in their order. */
  readonly names: readonly string[];
}

const PARAMETER = /^\{(\w+)\}$/;

/**
 * The paths of one dialect's operations, by segment. A fixed segment goes before a parameter, and a parameter before
 * `*`. Fastify's router would do as well, but it took a fifth of a start to build its tree of some 130 operations.
 */
export class RouteTable {
  readonly #root = emptyNode();
  readonly #methods = new Set<string>();

  constructor(endpoints: readonly RoutedEndpoint[]) {
    for (const endpoint of endpoints) this.#add(endpoint);
  }

  /** Leads the call to its endpoint for this method. False: there is none, and nothing was done. */
  lead(call: UnroutedCall, method = call.method): boolean {
    const values: string[] = [];
    const leaf = find(this.#root, method, segmentsOf(call.target), 0, values);
    if (leaf === undefined) return false;
    const { endpoint, names } = leaf;
    const path: Record<string, string> = {};
    for (let i = 0; i < names.length; i++) path[names[i] ?? ""] = values[i] ?? "";
    call.leadTo(endpoint, path);
    return true;
  }

  /** The methods that have an endpoint at this path. */
  methodsAt(target: string): readonly string[] {
    const segments = segmentsOf(target);
    return [...this.#methods].filter((method) => find(this.#root, method, segments, 0, []));
  }

  /** A path that ends in `/` is also understood without it. */
  #add(endpoint: RoutedEndpoint): void {
    const segments = endpoint.route.path.split("/").slice(1);
    this.#put(endpoint, segments);
    if (segments.length > 1 && segments.at(-1) === "") this.#put(endpoint, segments.slice(0, -1));
  }

  #put(endpoint: RoutedEndpoint, segments: readonly string[]): void {
    const names: string[] = [];
    let node = this.#root;
    for (const segment of segments) {
      if (segment === "*") break;
      const name = PARAMETER.exec(segment)?.[1];
      node = name === undefined ? fixedNode(node, segment) : anyNode(node);
      if (name !== undefined) names.push(name);
    }
    const leaves = segments.at(-1) === "*" ? node.rest : node.ends;
    leaves.set(endpoint.method, { endpoint, names });
    this.#methods.add(endpoint.method);
  }
}

function emptyNode(): Node {
  return { fixed: new Map(), rest: new Map(), ends: new Map() };
}

function fixedNode({ fixed }: Node, segment: string): Node {
  const node = fixed.get(segment) ?? emptyNode();
  fixed.set(segment, node);
  return node;
}

function anyNode(node: Node): Node {
  node.any ??= emptyNode();
  return node.any;
}

function find(
  node: Node,
  method: string,
  segments: readonly string[],
  at: number,
  values: string[],
): Leaf | undefined {
  const segment = segments[at];
  if (segment === undefined) return node.ends.get(method);
  const fixed = node.fixed.get(segment);
  const found = fixed && find(fixed, method, segments, at + 1, values);
  if (found !== undefined) return found;
  if (node.any !== undefined) {
    values.push(segment);
    const leaf = find(node.any, method, segments, at + 1, values);
    if (leaf !== undefined) return leaf;
    values.pop();
  }
  return node.rest.get(method);
}

/** The segments of the path. It is split before it is decoded: `%2F` is part of a segment. */
function segmentsOf(target: string): readonly string[] {
  const query = target.indexOf("?");
  const path = query < 0 ? target : target.slice(0, query);
  const fragment = path.indexOf("#");
  const segments = path.slice(1, fragment < 0 ? path.length : fragment).split("/");
  return target.includes("%") ? segments.map(decodedSegment) : segments;
}

/** @throws FaultError for what is not UTF-8, or has U+0000, at which other programs end a text. */
function decodedSegment(segment: string): string {
  if (!segment.includes("%")) return segment;
  let text: string;
  try {
    text = decodeURIComponent(segment);
  } catch {
    throw new FaultError(FAULTS.malformedPath);
  }
  if (text.includes("\0")) throw new FaultError(FAULTS.malformedPath);
  return text;
}
