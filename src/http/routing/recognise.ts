import type { Dialect } from "../../dialects/dialect.ts";
import type { CallHeaders } from "../../message/call.ts";
import { pathText } from "../../message/parameters.ts";

/** What of a request says which dialect it belongs to. */
export interface DialectHints {
  readonly headers: CallHeaders;
  readonly target: string;
  /** The RPC parameter `Version`, from the query or the form. */
  readonly version?: string | undefined;
  /** The RPC parameter `Action`, from the query or the form. */
  readonly action?: string | undefined;
}

export interface Recognition {
  readonly dialect: Dialect | undefined;
  /** The request names a version that no dialect has; `dialect` then is what the rest of the request looks like. */
  readonly unknownVersion: boolean;
}

/**
 * Finds the dialect that a request belongs to. In this order: the version; the action, if only one dialect has it; the
 * first label of the host; the path. Where dialects share a path, the beginning of the task id decides; on `/`, which
 * all RPC dialects share, the action decides if only one of them has it. What is still open then goes to the first.
 */
export class Recogniser {
  readonly #byVersion: ReadonlyMap<string, readonly Dialect[]>;
  readonly #byAction: ReadonlyMap<string, Dialect>;
  readonly #byHostLabel: ReadonlyMap<string, Dialect>;
  /** By the first segment of the path. */
  readonly #prefixes: ReadonlyMap<string, readonly SharedPrefix[]>;
  readonly #rpc: readonly Dialect[];
  readonly #rpcByAction: ReadonlyMap<string, Dialect>;
  /** The clients of one server mostly call it by one name. */
  #lastHost: { readonly name: string; readonly dialect: Dialect | undefined } | undefined;

  constructor(dialects: readonly Dialect[]) {
    const versioned = dialects.filter(({ version }) => version !== undefined);
    this.#byVersion = Map.groupBy(versioned, ({ version = "" }) => version);
    this.#byAction = onlyOnesByAction(dialects);
    this.#byHostLabel = new Map(
      dialects.flatMap((dialect) => dialect.hostLabels.map((label) => [label, dialect] as const)),
    );
    this.#prefixes = Map.groupBy(sharedPrefixes(dialects), ({ prefix }) => firstSegment(prefix));
    this.#rpc = dialects.filter(({ style }) => style === "rpc");
    this.#rpcByAction = onlyOnesByAction(this.#rpc);
  }

  recognise(hints: DialectHints): Recognition {
    const version = text(hints.headers, "x-acs-version") || hints.version;
    const known = version ? this.#byVersion.get(version) : undefined;
    if (known !== undefined) {
      return { dialect: this.#oneOf(known, hints), unknownVersion: false };
    }
    return { dialect: this.#withoutVersion(hints), unknownVersion: Boolean(version) };
  }

  /** For the router, on every request: a version that no dialect has leads to none. */
  dialectOf(headers: CallHeaders, target: string): Dialect | undefined {
    const version = headers["x-acs-version"];
    if (typeof version !== "string" || version === "") {
      return this.#withoutVersion({ headers, target });
    }
    const known = this.#byVersion.get(version);
    if (known === undefined || known.length === 1) return known?.[0];
    return this.#oneOf(known, { headers, target });
  }

  /** Two products may have been given the same date as their version. */
  #oneOf(known: readonly Dialect[], hints: DialectHints): Dialect | undefined {
    if (known.length === 1) return known[0];
    const found = this.#withoutVersion(hints);
    if (found !== undefined && known.includes(found)) return found;
    const action = text(hints.headers, "x-acs-action") || hints.action;
    return known.find(({ operations }) => hasAction(operations, action)) ?? known[0];
  }

  #withoutVersion({ headers, target, action }: DialectHints): Dialect | undefined {
    const named = text(headers, "x-acs-action") || action;
    const byAction = named ? this.#byAction.get(named) : undefined;
    if (byAction) return byAction;
    return this.#byHost(text(headers, "host")) ?? this.#byPath(target, named);
  }

  #byHost(name: string): Dialect | undefined {
    if (this.#lastHost?.name === name) return this.#lastHost.dialect;
    const dialect = this.#byHostLabel.get(firstLabel(name));
    this.#lastHost = { name, dialect };
    return dialect;
  }

  #byPath(target: string, action: string | undefined): Dialect | undefined {
    for (const { prefix, dialects } of this.#prefixes.get(firstSegment(target)) ?? []) {
      if (!target.startsWith(prefix) || !endsThere(target, prefix.length)) continue;
      if (dialects.length === 1) return dialects[0];
      const id = target.slice(prefix.length + 1);
      return (
        dialects.find(({ taskIdPrefix }) => taskIdPrefix && id.startsWith(taskIdPrefix)) ??
        dialects[0]
      );
    }
    if (pathText(target) !== "/") return undefined;
    return (action ? this.#rpcByAction.get(action) : undefined) ?? this.#rpc[0];
  }
}

/** The actions that exactly one of the dialects has. */
function onlyOnesByAction(dialects: readonly Dialect[]): ReadonlyMap<string, Dialect> {
  const pairs = dialects.flatMap((dialect) =>
    [...new Set(dialect.operations.map(({ action }) => action))].map((action) => ({
      action,
      dialect,
    })),
  );
  const found = new Map<string, Dialect>();
  for (const [action, owners] of Map.groupBy(pairs, (pair) => pair.action)) {
    const [only, ...others] = owners;
    if (only !== undefined && others.length === 0) found.set(action, only.dialect);
  }
  return found;
}

function hasAction(operations: Dialect["operations"], wanted: string | undefined): boolean {
  return wanted !== undefined && operations.some(({ action }) => action === wanted);
}

interface SharedPrefix {
  readonly prefix: string;
  readonly dialects: readonly Dialect[];
}

/** Longest first, so that `/api/v1/clusters` goes before a shorter prefix of it. */
function sharedPrefixes(dialects: readonly Dialect[]): readonly SharedPrefix[] {
  const prefixes = new Set(dialects.flatMap(({ pathPrefixes }) => pathPrefixes));
  return [...prefixes]
    .sort((a, b) => b.length - a.length)
    .map((prefix) => ({
      prefix,
      dialects: dialects.filter(({ pathPrefixes }) => pathPrefixes.includes(prefix)),
    }));
}

function endsThere(target: string, length: number): boolean {
  const next = target[length];
  return next === undefined || next === "/" || next === "?";
}

/** `tasks` of `/tasks/T-1` and of `/tasks?x`. */
function firstSegment(target: string): string {
  const slash = target.indexOf("/", 1);
  const segment = slash < 0 ? target.slice(1) : target.slice(1, slash);
  const mark = segment.indexOf("?");
  return mark < 0 ? segment : segment.slice(0, mark);
}

function firstLabel(host: string): string {
  const end = host.search(/[.:]/);
  return (end < 0 ? host : host.slice(0, end)).toLowerCase();
}

function text(headers: CallHeaders, name: string): string {
  const value = headers[name];
  return typeof value === "string" ? value : "";
}
