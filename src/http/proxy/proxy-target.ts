/** Where a client of the forward proxy wants to go. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** Of a plain request, in origin form. */
  readonly path: string;
}

const AUTHORITY = /^([a-z0-9.-]{1,253}):(\d{1,5})$/i;
const ABSOLUTE = /^http:\/\/([a-z0-9.-]{1,253})(?::(\d{1,5}))?(\/[^#]*|\?[^#]*)?$/i;

/** Of a CONNECT: `host:port`, nothing else. */
export function connectTarget(target: string): Target | undefined {
  const [, host, port] = AUTHORITY.exec(target) ?? [];
  if (host === undefined) return undefined;
  return { host: host.toLowerCase(), port: Number(port), path: "" };
}

/** Of a plain request through a proxy. Undefined too if its Host header names another host than its address. */
export function absoluteTarget(target: string, hostHeader: string | undefined): Target | undefined {
  const [, host, port = "80", rest = "/"] = ABSOLUTE.exec(target) ?? [];
  if (host === undefined) return undefined;
  const path = rest.startsWith("?") ? `/${rest}` : rest;
  const found = { host: host.toLowerCase(), port: Number(port), path };
  if (hostHeader === undefined) return found;
  const [name, headerPort = "80"] = hostHeader.toLowerCase().split(":", 2);
  return name === found.host && Number(headerPort) === found.port ? found : undefined;
}
