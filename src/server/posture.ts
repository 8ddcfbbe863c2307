// How the server is set up, for the checks of `taskscribe security`.
import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { FileFacts, ServerFacts, TlsFacts } from "../access/posture/facts.ts";
import type { Config } from "../config/settings.ts";
import { isLoopback } from "../http/loopback.ts";

/** What must be readable for its owner alone, within the data directory. */
const PRIVATE_FILES = [
  ".",
  "secret.key",
  "secret.key.next",
  "server.json",
  "taskscribe.db",
  "access.db",
  "webhooks.db",
  "tls/ca.key",
];
const TLS_VERSIONS = ["TLS 1.3", "TLS 1.2"];

/** @param running is false for a command on a directory that no server owns; then these are its settings. */
export function serverFacts(
  config: Config,
  mode: ServerFacts["mode"],
  running: boolean,
): ServerFacts {
  const { host, insecure, allowHost, requireTls, schemes, requireNonce } = config;
  return {
    running,
    mode,
    host,
    onlyThisMachine: isLoopback(host),
    insecure,
    allowHost,
    tls: tlsFacts(config),
    requireTls,
    proxy: config.proxyPort !== undefined,
    schemes,
    requireNonce,
    maxClockDifferenceMs: config.maxClockDifferenceMs,
    clientCertificates: {
      mode: config.tlsClientCa === undefined ? "off" : (config.tlsClientAuth ?? "optional"),
      mapped: config.clientCertificates.length,
      revocationList: config.tlsClientCrl !== undefined,
    },
    throttled: config.throttling !== undefined || mode !== "off",
    readsThrottled: (config.throttling?.account ?? config.throttling?.reads) !== undefined,
    limited: Object.keys(config.quotas).length > 0,
    webhookTargets: config.webhookTargets,
    metricsToken: config.metricsToken !== undefined,
    files: config.data === ":memory:" ? [] : fileFacts(config),
    nodeVersion: process.version,
  };
}

function tlsFacts({ tls, tlsCert, data }: Config): TlsFacts | undefined {
  if (!tls) return undefined;
  const endsAt = endOf(tlsCert ?? join(data, "tls/ca.pem"));
  return {
    certificate: tlsCert === undefined ? "local CA" : "own",
    versions: TLS_VERSIONS,
    ...(endsAt !== undefined && { endsAt }),
  };
}

/** When the first certificate of the file ends; undefined if it cannot be read. */
function endOf(file: string): number | undefined {
  try {
    return new X509Certificate(readFileSync(file)).validToDate.getTime();
  } catch {
    return undefined;
  }
}

/** Windows has no such modes: there the permissions of the directory decide. */
function fileFacts({ data, tlsKey }: Config): readonly FileFacts[] {
  if (process.platform === "win32") return [];
  const paths = PRIVATE_FILES.map((name) => join(data, name));
  return [...paths, ...(tlsKey === undefined ? [] : [tlsKey])].flatMap((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat === undefined ? [] : [{ path, mode: stat.mode & 0o777 }];
  });
}
