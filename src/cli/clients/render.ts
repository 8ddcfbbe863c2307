import { dirname, join } from "node:path";
import { shellQuoted } from "../shell-words.ts";
import type { ClientSetup, Line } from "./clients.ts";

/** Where the server is. */
export interface ServerAddresses {
  /** http://host:port or https://host:port */
  readonly url: string;
  readonly proxyUrl?: string | undefined;
  readonly caFile?: string | undefined;
}

const ASSIGNMENT = /^([A-Z][A-Z0-9_]*)([?+]?)=(.*)$/;

/**
 * Shell code that sets a client up, for `eval`. Variables come first and end with `;`, so that an `eval` that forgot
 * its quotes and lost the line ends still sets them.
 */
export function renderSetup(setup: ClientSetup, server: ServerAddresses): string {
  const values = valuesOf(server);
  const lines = linesFor(setup, server);
  const isCode = (line: Line) => line.startsWith("$ ") || ASSIGNMENT.test(line);
  const code = lines.filter(isCode).map((line) => shellCode(line, values));
  const remarks = lines.filter((line) => !isCode(line)).map((line) => remark(line, values));
  return [...code, ...remarks].join("\n");
}

function linesFor(setup: ClientSetup, { url, proxyUrl, caFile }: ServerAddresses): readonly Line[] {
  if (proxyUrl !== undefined) return setup.proxy;
  if (url.startsWith("http:")) return setup.http;
  if (caFile !== undefined) return setup.https;
  const withoutCa = setup.https.filter((line) => !/\{(?:ca|trust)\}/.test(line));
  return [
    ...withoutCa,
    "# Whoever signed the server's certificate must be known to the client already.",
  ];
}

type Values = Readonly<Record<string, string>>;

function valuesOf({ url, proxyUrl = "", caFile = "" }: ServerAddresses): Values {
  const { host, protocol } = new URL(url);
  const proxy = proxyUrl === "" ? undefined : new URL(proxyUrl);
  return {
    url,
    endpoint: host,
    protocol: protocol.replace(":", ""),
    proxy: proxyUrl,
    proxyHost: proxy?.hostname.replace(/^\[|\]$/g, "") ?? "",
    proxyPort: proxy?.port ?? "",
    ca: caFile,
    // Node and Java take options apart at blanks, unless they stand in double quotes.
    trust: optionQuoted(join(dirname(caFile), "trust.p12")),
    preload: optionQuoted(join(import.meta.dirname, "node-proxy.cjs")),
  };
}

function optionQuoted(path: string): string {
  return /\s/.test(path) ? `"${path.replace(/["\\]/g, "\\$&")}"` : path;
}

function shellCode(line: Line, values: Values): string {
  if (line.startsWith("$ ")) return fill(line.slice(2), values, shellQuoted);
  const [, name = "", how, text = ""] = ASSIGNMENT.exec(line) ?? [];
  const value = fill(text, values, (raw) => raw);
  if (how === "?") return `export ${name}="\${${name}:-${value}}";`;
  if (how === "+") return `export ${name}="\${${name}:+$${name} }"${shellQuoted(value)};`;
  return `export ${name}=${shellQuoted(value)};`;
}

function remark(line: Line, values: Values): string {
  return line.startsWith("| ")
    ? `#   ${fill(line.slice(2), values, JSON.stringify)}`
    : fill(line, values, shellQuoted);
}

function fill(text: string, values: Values, quote: (value: string) => string): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : quote(value);
  });
}
