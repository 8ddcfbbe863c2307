import { type LookupAddress, type LookupAllOptions, lookup as lookUp } from "node:dns";
import { request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import type { Log } from "../../log.ts";
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
 * What is told of every target that may not be connected to, and of every name without an address. It is one sentence, so
 * that nobody learns which names and addresses there are inside. The server's log has the rest.
 */
export const NOT_ALLOWED =
  "the target has no address that this server may connect to; internal ones must be allowed with webhookTargets";

/** The codes of errors that are told apart; the messages of the system hold addresses. */
const SAID: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the target refused the connection",
  ECONNRESET: "the target broke the connection off",
  EPIPE: "the target broke the connection off",
  EHOSTUNREACH: "the target cannot be reached",
  ENETUNREACH: "the target cannot be reached",
  ETIMEDOUT: "the target cannot be reached",
};

/**
 * Posts to strangers' servers. The address is checked when it is connected to, after DNS: a name that leads inside,
 * or does so later, is refused. Redirects are not followed, and the answer's body is not read.
 */
export function createSend(
  rules: TargetRules,
  log: Pick<Log, "debug">,
  timeoutMs = SEND_TIMEOUT_MS,
  resolver: AllAddresses = lookUp,
): Send {
  const lookup = checkedLookup(rules, resolver, log);
  return ({ url, headers, body, signal }) =>
    new Promise((resolve) => {
      const target = new URL(url);
      const host = target.hostname.replace(/^\[|\]$/g, "");
      if (isIP(host) !== 0 && !rules.allows(host)) {
        log.debug({ host }, "a webhook's target is inside this host's networks");
        return resolve({ delivered: false, error: NOT_ALLOWED });
      }
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
        log.debug({ err: error, host }, "a delivery failed");
        const late = timeout.aborted ? `no answer within ${timeoutMs} ms` : undefined;
        resolve({ delivered: false, error: late ?? saidOf(error) });
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

/** The failure in words of ours. */
function saidOf(error: NodeJS.ErrnoException): string {
  if (error instanceof NotAllowed) return NOT_ALLOWED;
  const { code = "" } = error;
  if (Object.hasOwn(SAID, code)) return SAID[code] ?? "";
  if (code.startsWith("HPE_")) return "the target's answer is no HTTP";
  const tls = /^(?:ERR_TLS|ERR_SSL|EPROTO|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/.test(code);
  if (tls) return "TLS with the target failed; check its certificate";
  return "the delivery failed";
}

class NotAllowed extends Error {}

/** All addresses of a name must be allowed: whichever is connected to was checked. */
function checkedLookup(
  rules: TargetRules,
  resolver: AllAddresses,
  log: Pick<Log, "debug">,
): LookupFunction {
  return (hostname, options, callback) => {
    resolver(hostname, { ...options, all: true }, (error, addresses) => {
      const bad = addresses?.find(({ address }) => !rules.allows(address));
      const [first] = addresses ?? [];
      if (error || first === undefined || bad !== undefined) {
        log.debug(
          { hostname, err: error, address: bad?.address },
          "no address of a webhook's target",
        );
        callback(new NotAllowed(NOT_ALLOWED), "", 4);
      } else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
