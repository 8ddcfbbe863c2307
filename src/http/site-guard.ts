// A browser on this machine carries out what any web page tells it: it posts forms to 127.0.0.1, and a name of the page's
// own that suddenly means 127.0.0.1 (DNS rebinding) makes the page read the answers too. While nobody is asked for a
// signature, these requests are told apart by what every browser sends along.
import { isIPv4, isIPv6 } from "node:net";
import type { Fault } from "../message/fault.ts";
import { isLoopback } from "./loopback.ts";
import { ServedNames } from "./tls/tls-names.ts";

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface SiteGuardOptions {
  /** Where the server listens: an address or a name. */
  readonly host: string;
  /** Names that the operator added; `*.example.com` stands for every name below. */
  readonly allowed: readonly string[];
  /** For each product, the first labels of its host names. */
  readonly productLabels: readonly (readonly string[])[];
}

/** Why a request is turned away; the reason is for the audit. */
export interface SiteRefusal extends Fault {
  readonly reason: "foreign-host" | "foreign-site" | "browser-get";
}

const HOST = /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]]+)(?::\d{0,5})?$/i;
const MAPPED_LOOPBACK = /^::ffff:7f[0-9a-f]{2}:/;
const BROWSER_NAME = /^Mozilla\//;
const MAX_KNOWN = 256;
const LONGEST_SHOWN = 100;

const BROWSER_GET: SiteRefusal = {
  status: 403,
  code: "Forbidden.BrowserGet",
  message:
    "A browser asked for a change with GET, which a mere link or image can do; send the request with POST, or from a program.",
  reason: "browser-get",
};

export class SiteGuard {
  readonly #names: ReadonlySet<string>;
  readonly #suffixes: readonly string[];
  readonly #anyAddress: boolean;
  readonly #products: ServedNames;
  /** Verdicts by the header's text: clients of one server mostly call it by one name. */
  readonly #known = new Map<string, boolean>();
  #lastHost = "";

  constructor({ host, allowed, productLabels }: SiteGuardOptions) {
    const names = allowed.map((name) => name.toLowerCase());
    const listening = host.toLowerCase();
    this.#names = new Set([listening, ...names]);
    this.#suffixes = names.filter((name) => name.startsWith("*.")).map((name) => name.slice(1));
    // An address in Host is the one that the client connected to, so only a name can lead a browser astray.
    this.#anyAddress = listening === "0.0.0.0" || listening === "::";
    this.#products = new ServedNames(productLabels);
  }

  /**
   * Why a request is refused while callers are not authenticated; undefined: it is not. It reads headers only.
   * @param changes is whether the operation changes anything
   */
  refusal(method: string, headers: Headers, changes: boolean): SiteRefusal | undefined {
    const { host } = headers;
    if (host !== undefined && !this.servesHost(host)) return foreignHost(host);
    const { origin } = headers;
    const site = headers["sec-fetch-site"];
    if (site !== undefined && site !== "same-origin" && site !== "none") {
      return foreignSite(origin);
    }
    if (origin !== undefined && !isOriginOf(origin, host)) return foreignSite(origin);
    return changes && (method === "GET" || method === "HEAD") && isFromBrowser(headers)
      ? BROWSER_GET
      : undefined;
  }

  /** Whether a Host header names this server: its addresses, this machine, a product, or what the operator added. */
  servesHost(host: string | readonly string[]): boolean {
    if (host === this.#lastHost) return true;
    if (typeof host !== "string") return false;
    let isServed = this.#known.get(host);
    if (isServed === undefined) {
      isServed = host === "" || this.#serves(host);
      if (this.#known.size >= MAX_KNOWN) this.#known.clear(); // whoever makes names up gains nothing
      this.#known.set(host, isServed);
    }
    if (isServed) this.#lastHost = host;
    return isServed;
  }

  #serves(host: string): boolean {
    const name = nameIn(host);
    if (name === undefined) return false;
    if (isIPv4(name) || isIPv6(name)) {
      return this.#anyAddress || this.#names.has(name) || isOwnAddress(name);
    }
    return (
      this.#names.has(name) ||
      this.#products.isLocal(name) ||
      this.#products.isProduct(name) ||
      this.#suffixes.some((suffix) => name.endsWith(suffix) && name.length > suffix.length)
    );
  }
}

/** The name or address in a Host header, as URLs spell it: without port, brackets and final dot. */
function nameIn(host: string): string | undefined {
  const name = HOST.exec(host)?.[1]?.toLowerCase();
  if (name === undefined) return undefined;
  if (!name.startsWith("[")) return name.replace(/\.$/, "");
  const url = `http://${name}/`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : undefined;
}

function isOwnAddress(address: string): boolean {
  return isLoopback(address) || MAPPED_LOOPBACK.test(address);
}

/** Whether a page at this origin was served under the name that the request goes to. */
function isOriginOf(origin: string | readonly string[], host: Headers[string]): boolean {
  if (typeof origin !== "string" || typeof host !== "string" || !URL.canParse(origin)) return false;
  const { protocol, host: own } = new URL(origin); // a default port is left out, as in the line below
  if (protocol !== "http:" && protocol !== "https:") return false;
  const target = `${protocol}//${host}`;
  return URL.canParse(target) && new URL(target).host === own;
}

/** Node's `fetch` sends Sec-Fetch-Mode alone, and no page can make it send anything. */
function isFromBrowser(headers: Headers): boolean {
  const agent = headers["user-agent"];
  return (
    headers["sec-fetch-site"] !== undefined ||
    headers["sec-fetch-dest"] !== undefined ||
    headers["sec-fetch-user"] !== undefined ||
    (typeof agent === "string" && BROWSER_NAME.test(agent))
  );
}

function foreignHost(host: string | readonly string[]): SiteRefusal {
  const shown = String(host).slice(0, LONGEST_SHOWN);
  return {
    status: 403,
    code: "Forbidden.ForeignHost",
    message: `Host: "${shown}" is not a name of this server; call it by its address or localhost, or start it with --allow-host and that name.`,
    reason: "foreign-host",
  };
}

function foreignSite(origin: Headers[string]): SiteRefusal {
  const page = origin === undefined ? "another site" : String(origin).slice(0, LONGEST_SHOWN);
  return {
    status: 403,
    code: "Forbidden.ForeignSite",
    message: `Origin: a web page of ${page} sent this request, and only pages of this server may; send it from a program, or check signatures (--auth strict).`,
    reason: "foreign-site",
  };
}
