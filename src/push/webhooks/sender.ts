import { type LookupAddress, type LookupAllOptions, lookup as lookUp } from "node:dns";
import { request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import type { TargetRules } from "./targets.ts";

export interface Delivery {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** The result of one attempt to deliver; `error` says in words why it failed. */
export type DeliveryResult =
  | { readonly delivered: true; readonly status: number }
  | { readonly delivered: false; readonly status?: number; readonly error: string };

export type Send = (delivery: Delivery) => Promise<DeliveryResult>;

/** The system's way from names to addresses, unless a test has another. */
type AllAddresses = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** From the first byte sent to the last byte of the answer's head, DNS and TLS included. */
const SEND_TIMEOUT_MS = 10_000;

/**
 * Posts to strangers' servers. The address is checked when it is connected to, after DNS: a name that leads inside,
 * or does so later, is refused. Redirects are not followed, and the answer's body is not read.
 */
export function createSend(
  rules: TargetRules,
  timeoutMs = SEND_TIMEOUT_MS,
  resolver: AllAddresses = lookUp,
): Send {
  const lookup = checkedLookup(rules, resolver);
  return ({ url, headers, body, signal }) =>
    new Promise((resolve) => {
      const target = new URL(url);
      const host = target.hostname.replace(/^\[|\]$/g, "");
      if (isIP(host) !== 0 && !rules.allows(host)) return resolve(refused(host));
      const request = target.protocol === "https:" ? requestSecure : requestPlain;
      const timeout = AbortSignal.timeout(timeoutMs);
      const sent = request(target, {
        method: "POST",
        headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
        agent: false,
        lookup,
        signal: AbortSignal.any([signal, timeout]),
      });
      sent.on("response", (response) => {
        response.destroy();
        resolve(resultOf(response.statusCode ?? 0));
      });
      sent.on("error", (error) => {
        const late = timeout.aborted ? `no answer within ${timeoutMs} ms` : error.message;
        resolve({ delivered: false, error: late || error.name });
      });
      sent.end(body);
    });
}

function resultOf(status: number): DeliveryResult {
  if (status >= 200 && status < 300) return { delivered: true, status };
  const redirect = status >= 300 && status < 400;
  const error = `the target answered ${status}${redirect ? "; redirects are not followed" : ""}`;
  return { delivered: false, status, error };
}

function refused(address: string): DeliveryResult {
  return { delivered: false, error: inside(address) };
}

function inside(address: string): string {
  return `${address} is inside this host's networks; allow it with webhookTargets if it is meant`;
}

/** All addresses of a name must be allowed: whichever is connected to was checked. */
function checkedLookup(rules: TargetRules, resolver: AllAddresses): LookupFunction {
  return (hostname, options, callback) => {
    resolver(hostname, { ...options, all: true }, (error, addresses) => {
      const bad = addresses?.find(({ address }) => !rules.allows(address));
      const [first] = addresses ?? [];
      if (error || first === undefined || bad !== undefined) {
        const problem =
          error ?? new Error(bad ? inside(bad.address) : `${hostname} has no address`);
        callback(problem, "", 4);
      } else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
