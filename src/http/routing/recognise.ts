import type { Dialect } from "../../dialects/dialect.ts";
import { pathText } from "../../message/parameters.ts";

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What of a request says whose it is. `version` and `action` are RPC parameters, from the query or the form. */
export interface RequestFacts {
  readonly headers: Headers;
  readonly target: string;
  readonly version?: string | undefined;
  readonly action?: string | undefined;
}

export interface Recognition {
  readonly dialect: Dialect | undefined;
  /** The request names a version that no dialect has; `dialect` then is what the rest of the request looks like. */
  readonly unknownVersion: boolean;
}

/**
 * Finds the dialect a request belongs to. In this order: version, action (if only one dialect has it), host label,
 * path, and, where dialects share a path, the beginning of the task id.
 */
export class Recogniser {
  readonly #dialects: readonly Dialect[];
  readonly #byVersion: ReadonlyMap<string, Dialect>;
  readonly #byAction: ReadonlyMap<string, Dialect>;
  readonly #byHostLabel: ReadonlyMap<string, Dialect>;
  /** By the first segment of the path. */
  readonly #prefixes: ReadonlyMap<string, readonly SharedPrefix[]>;
  readonly #rpc: Dialect | undefined;
  /** Clients of one server mostly call it by one name. */
  #lastHost: { readonly name: string; readonly dialect: Dialect | undefined } | undefined;

  constructor(dialects: readonly Dialect[]) {
    this.#dialects = dialects;
    this.#byVersion = new Map(
      dialects.flatMap((dialect) => (dialect.version ? [[dialect.version, dialect]] : [])),
    );
    this.#byAction = new Map(
      dialects.flatMap((dialect) =>
        dialect.operations
          .filter(({ action }) => this.#having(action).length === 1)
          .map(({ action }) => [action, dialect] as const),
      ),
    );
    this.#byHostLabel = new Map(
      dialects.flatMap((dialect) => dialect.hostLabels.map((label) => [label, dialect] as const)),
    );
    this.#prefixes = Map.groupBy(sharedPrefixes(dialects), ({ prefix }) => firstSegment(prefix));
    this.#rpc = dialects.find((dialect) => dialect.style === "rpc");
  }

  recognise(facts: RequestFacts): Recognition {
    const version = text(facts.headers, "x-acs-version") || facts.version;
    if (version) {
      const dialect = this.#byVersion.get(version);
      if (dialect) return { dialect, unknownVersion: false };
    }
    return { dialect: this.#withoutVersion(facts), unknownVersion: Boolean(version) };
  }

  /** For the router, on every request: the version's dialect alone if there is a version. */
  dialectName(headers: Headers, target: string): string | undefined {
    const version = headers["x-acs-version"];
    if (typeof version === "string" && version !== "") return this.#byVersion.get(version)?.name;
    return this.#withoutVersion({ headers, target })?.name;
  }

  #withoutVersion({ headers, target, action }: RequestFacts): Dialect | undefined {
    const named = text(headers, "x-acs-action") || action;
    const byAction = named ? this.#byAction.get(named) : undefined;
    if (byAction) return byAction;
    return this.#byHost(text(headers, "host")) ?? this.#byPath(target);
  }

  #byHost(name: string): Dialect | undefined {
    if (this.#lastHost?.name === name) return this.#lastHost.dialect;
    const dialect = this.#byHostLabel.get(firstLabel(name));
    this.#lastHost = { name, dialect };
    return dialect;
  }

  #byPath(target: string): Dialect | undefined {
    for (const { prefix, dialects } of this.#prefixes.get(firstSegment(target)) ?? []) {
      if (!target.startsWith(prefix) || !endsThere(target, prefix.length)) continue;
      if (dialects.length === 1) return dialects[0];
      const id = target.slice(prefix.length + 1);
      return (
        dialects.find(({ taskIdPrefix }) => taskIdPrefix && id.startsWith(taskIdPrefix)) ??
        dialects[0]
      );
    }
    return pathText(target) === "/" ? this.#rpc : undefined;
  }

  #having(action: string): readonly Dialect[] {
    return this.#dialects.filter(({ operations }) =>
      operations.some((operation) => operation.action === action),
    );
  }
}

interface SharedPrefix {
  readonly prefix: string;
  readonly dialects: readonly Dialect[];
}

/** Longest first, so that `/api/v1/clusters` goes before a shorter one that contains it. */
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

function text(headers: Headers, name: string): string {
  const value = headers[name];
  return typeof value === "string" ? value : "";
}
