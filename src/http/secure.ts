import { Server as HttpsServer } from "node:https";
import { resolve } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Dialect } from "../dialects/dialect.ts";
import type { Log } from "../log.ts";
import { ForwardProxy, type HostRefused } from "./proxy/forward-proxy.ts";
import type { LocalCertificates } from "./tls/ca.ts";
import type { ClientAuthority, ClientTrust } from "./tls/client-certificate.ts";
import { TrustedClients } from "./tls/client-trust.ts";
import {
  boundHandshakes,
  givenTls,
  localTls,
  renewOwnCertificate,
  type TlsOptions,
} from "./tls/tls.ts";
import { ServedNames } from "./tls/tls-names.ts";

export interface SecureSettings {
  readonly tls: boolean;
  /** The files of the user's own certificate and its key; undefined: the local CA issues certificates. */
  readonly given: { readonly cert: string; readonly key: string } | undefined;
  /** Whose certificates clients may show; undefined: they are asked for none. */
  readonly clients?: ClientAuthority | undefined;
  /** Where the forward proxy listens; undefined for none. */
  readonly proxy: { readonly host: string; readonly port: number } | undefined;
  /** The data directory; the local CA lives in its folder `tls`. */
  readonly data: string;
  /** The products whose host names are answered here. */
  readonly products: readonly Pick<Dialect, "hostLabels">[];
}

/** TLS and the forward proxy, as far as the settings ask for them. */
export interface Secure {
  readonly tls: TlsOptions | undefined;
  /** The file with the certificate that clients have to trust, if the local CA is in use. */
  readonly caFile: string | undefined;
  /** Starts what needs a listening app: the forward proxy and the renewal of certificates. */
  open(app: FastifyInstance, log: Log, refused: HostRefused): Promise<OpenedProxy | undefined>;
}

interface OpenedProxy {
  readonly url: string;
  close(): Promise<void>;
}

interface Local {
  readonly certificates: LocalCertificates;
  readonly names: ServedNames;
  readonly tls: TlsOptions;
}

/** @throws Error that says what is wrong and what to do. */
export async function prepareSecure(settings: SecureSettings): Promise<Secure> {
  const { tls, given, proxy, data, products } = settings;
  const clients = new TrustedClients(settings.clients);
  const trusted = clients.current;
  const own = tls && given ? givenTls(given.cert, given.key, trusted) : undefined;
  const local =
    proxy || (tls && !own) ? await openLocal(resolve(data, "tls"), products, trusted) : undefined;
  if (local) clients.onChange(() => local.certificates.trust(clients.current));
  return {
    tls: tls ? (own ?? local?.tls) : undefined,
    caFile: local?.certificates.authority.file,
    open: async (app, log, refused) => {
      const { server } = app;
      const pair = () => own ?? local?.certificates.leafFor() ?? {};
      if (server instanceof HttpsServer) {
        boundHandshakes(server);
        if (!own && local) renewOwnCertificate(server, local.certificates, () => clients.current);
        clients.follow(server, pair);
      }
      clients.onChange(() => server.closeIdleConnections());
      server.once("close", clients.watch(log));
      if (!proxy || !local) return undefined;
      const { names, tls: localTls } = local;
      const opened = new ForwardProxy({ app, names, tls: localTls, log, refused });
      clients.follow(opened.tls, () => local.certificates.leafFor());
      const url = await opened.listen(proxy.host, proxy.port);
      return { url, close: () => opened.close() };
    },
  };
}

async function openLocal(
  directory: string,
  products: SecureSettings["products"],
  clients: ClientTrust,
): Promise<Local> {
  // The modules that make certificates take a moment to load; a start that needs none does not wait for them.
  const { openLocalCertificates } = await import("./tls/ca.ts");
  const certificates = await openLocalCertificates(directory, clients);
  const names = new ServedNames(products.map(({ hostLabels }) => hostLabels));
  return { certificates, names, tls: await localTls(certificates, names, clients) };
}
