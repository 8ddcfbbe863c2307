import { isIPv4 } from "node:net";

/** Whether only this machine reaches what listens there. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

/** Whether what is at the other end runs on this machine: over loopback, or to one of its own addresses from the same. */
export function isFromHere({
  remoteAddress = "",
  localAddress,
}: {
  readonly remoteAddress?: string | undefined;
  readonly localAddress?: string | undefined;
}): boolean {
  return LOOPBACK.test(remoteAddress) || (remoteAddress !== "" && remoteAddress === localAddress);
}
