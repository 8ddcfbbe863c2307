import { Server as HttpsServer } from "node:https";
import { resolve } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Dialect } from "../dialects/dialect.ts";
import type { Log } from "../log.ts";
import { ForwardProxy, type HostRefused } from "./proxy/forward-proxy.ts";
import type { LocalCertificates } from "./tls/ca.ts";
import { type ClientAuthority, type ClientTrust, clientTrust } from "./tls/client-certificate.ts";
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
  const clients = settings.clients === undefined ? {} : clientTrust(settings.clients);
  const own = tls && given ? givenTls(given.cert, given.key, clients) : undefined;
  const local =
    proxy || (tls && !own) ? await openLocal(resolve(data, "tls"), products, clients) : undefined;
  return {
    tls: tls ? (own ?? local?.tls) : undefined,
    caFile: local?.certificates.authority.file,
    open: async (app, log, refused) => {
      if (app.server instanceof HttpsServer) {
        boundHandshakes(app.server);
        if (!own && local) renewOwnCertificate(app.server, local.certificates, clients);
      }
      if (!proxy || !local) return undefined;
      const { names, tls: localTls } = local;
      const opened = new ForwardProxy({ app, names, tls: localTls, log, refused });
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
