// Prepares TLS and opens the forward proxy, as the settings say.
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { ConfigError } from "../config/config-error.ts";
import type { Config } from "../config/settings.ts";
import { isLoopback } from "../http/loopback.ts";
import type { HostRefused } from "../http/proxy/forward-proxy.ts";
import { prepareSecure, type Secure, type SecureSettings } from "../http/secure.ts";

/** @param products are those whose host names the certificates and the forward proxy cover. @throws ConfigError */
export async function prepareTls(
  config: Config,
  products: SecureSettings["products"],
): Promise<Secure> {
  const {
    tls,
    tlsCert: cert,
    tlsKey: key,
    proxyPort: port,
    host,
    insecure,
    data,
    requireTls,
  } = config;
  const given = cert !== undefined && key !== undefined ? { cert, key } : undefined;
  if (port !== undefined && !isLoopback(host) && !insecure) {
    throw new ConfigError(
      `the forward proxy answers whoever reaches it, and ${host} is not this machine alone; give --host 127.0.0.1, or --insecure if everyone who reaches ${host} may use it`,
    );
  }
  if (requireTls && !tls && port === undefined) {
    throw new ConfigError(
      "requireTls: no signed request could be let in, because the server speaks plain HTTP; give --tls, or --tls-cert and --tls-key",
    );
  }
  if (data === ":memory:" && (port !== undefined || (tls && !given))) {
    throw new ConfigError(
      "the local CA is kept in the data directory; give --data a directory, or --tls-cert and --tls-key",
    );
  }
  const proxy = port === undefined ? undefined : { host, port };
  try {
    return await prepareSecure({ tls, given, proxy, data, products, clients: clientsOf(config) });
  } catch (cause) {
    throw new ConfigError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** @throws ConfigError for settings of client certificates that would have no effect. */
function clientsOf(config: Config): SecureSettings["clients"] {
  const { tlsClientCa: ca, tlsClientCrl: crl, tlsClientAuth, clientCertificates } = config;
  if (ca === undefined) {
    const set = [
      crl !== undefined && "tlsClientCrl",
      tlsClientAuth !== undefined && "tlsClientAuth",
      clientCertificates.length > 0 && "clientCertificates",
    ].find((name) => name !== false);
    if (set === undefined) return undefined;
    throw new ConfigError(
      `${set}: it has no effect without tlsClientCa; give the CAs of the clients`,
    );
  }
  if (!config.tls && config.proxyPort === undefined)
    throw new ConfigError("tlsClientCa: certificates are shown in TLS only; give --tls");
  const empty = clientCertificates.findIndex(({ subject, uri }) => !subject && !uri);
  if (empty >= 0)
    throw new ConfigError(
      `clientCertificates.${empty}: it names no certificate; give a subject or a uri`,
    );
  return { ca, crl };
}

/** Closes the server if the proxy cannot be opened. @throws ConfigError */
export async function openProxy(
  secure: Secure,
  app: FastifyInstance,
  config: Config,
  log: Logger,
  refused: HostRefused,
): ReturnType<Secure["open"]> {
  try {
    return await secure.open(app, log, refused);
  } catch (cause) {
    await app.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(
      `the forward proxy cannot listen on ${config.host}:${config.proxyPort}: ${reason}; give another --proxy-port, or 0 for a free one`,
      { cause },
    );
  }
}
