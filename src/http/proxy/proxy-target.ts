/** Where a client of the forward proxy wants to go. */
export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
  /** The path of a plain request, in origin form; empty for a CONNECT. */
  readonly path: string;
}

const AUTHORITY = /^([a-z0-9.-]{1,253}):(\d{1,5})$/i;
const ABSOLUTE = /^http:\/\/([a-z0-9.-]{1,253})(?::(\d{1,5}))?(\/[^#]*|\?[^#]*)?$/i;

/** Reads the target of a CONNECT: `host:port` and nothing else. Undefined: it is something else. */
export function connectTarget(target: string): ProxyTarget | undefined {
  const [, host, port] = AUTHORITY.exec(target) ?? [];
  if (host === undefined) return undefined;
  return { host: host.toLowerCase(), port: Number(port), path: "" };
}

/**
 * Reads the target of a plain request through a proxy: `http://host:port/path`. Undefined: it is something else, or the
 * Host header names another host.
 */
export function absoluteTarget(
  target: string,
  hostHeader: string | undefined,
): ProxyTarget | undefined {
  const [, host, port = "80", rest = "/"] = ABSOLUTE.exec(target) ?? [];
  if (host === undefined) return undefined;
  const path = rest.startsWith("?") ? `/${rest}` : rest;
  const found = { host: host.toLowerCase(), port: Number(port), path };
  if (hostHeader === undefined) return found;
  const [name, headerPort = "80"] = hostHeader.toLowerCase().split(":", 2);
  return name === found.host && Number(headerPort) === found.port ? found : undefined;
}
