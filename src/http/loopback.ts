import { isIPv4 } from "node:net";

/** Whether a server that listens on this host can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

/** Whether the client runs on this machine: it comes over loopback, or from the same address that it connected to. */
export function isFromHere({
  remoteAddress = "",
  localAddress,
}: {
  readonly remoteAddress?: string | undefined;
  readonly localAddress?: string | undefined;
}): boolean {
  return LOOPBACK.test(remoteAddress) || (remoteAddress !== "" && remoteAddress === localAddress);
}
