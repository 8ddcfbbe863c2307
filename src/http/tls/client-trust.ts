import { unwatchFile, watchFile } from "node:fs";
import type { SecureContextOptions, Server, TLSSocket } from "node:tls";
import type { Log } from "../../log.ts";
import {
  type ClientAuthority,
  type ClientTrust,
  clientTrust,
  forgetCertificate,
} from "./client-certificate.ts";
import { TLS_RULES } from "./tls-rules.ts";

/** How often the files are looked at, in ms. */
const LOOK_MS = 2_000;

type Pair = Pick<SecureContextOptions, "key" | "cert">;

/**
 * Whose certificates clients may show, as the files say at this moment: CAs and revocation lists are read again when their
 * files change. A list that cannot be read leaves the earlier one in force.
 */
export class TrustedClients {
  readonly #authority: ClientAuthority | undefined;
  readonly #changed: (() => void)[] = [];
  #current: ClientTrust;

  /** @throws Error that says what to do, if a file cannot be read. */
  constructor(authority: ClientAuthority | undefined) {
    this.#authority = authority;
    this.#current = authority === undefined ? {} : clientTrust(authority);
  }

  get current(): ClientTrust {
    return this.#current;
  }

  onChange(changed: () => void): void {
    this.#changed.push(changed);
  }

  /**
   * Has new connections of the server checked by what the files say. Connections that were made before prove nothing
   * any more: whether their certificates are good still, only a new handshake can tell.
   */
  follow(server: Server, pair: () => Pair | Promise<Pair>): void {
    if (this.#authority === undefined) return;
    const open = new Set<TLSSocket>();
    server.on("secureConnection", (socket: TLSSocket) => {
      open.add(socket);
      socket.once("close", () => open.delete(socket));
    });
    this.onChange(() => {
      for (const socket of open) forgetCertificate(socket);
      Promise.resolve(pair()).then(
        ({ key, cert }) => {
          server.setSecureContext({
            ...(key !== undefined && { key }),
            ...(cert !== undefined && { cert }),
            ...TLS_RULES,
            ...this.#current,
          });
        },
        () => {}, // the renewal of the certificate tries again, with what is trusted then
      );
    });
  }

  /** Looks at the files until `stop` is called. */
  watch(log: Log): () => void {
    const { ca, crl } = this.#authority ?? {};
    const files = [ca, crl].filter((file) => file !== undefined);
    const look = () => this.#read(log);
    for (const file of files) watchFile(file, { interval: LOOK_MS, persistent: false }, look);
    return () => {
      for (const file of files) unwatchFile(file, look);
    };
  }

  #read(log: Log): void {
    if (this.#authority === undefined) return;
    try {
      this.#current = clientTrust(this.#authority);
    } catch (error) {
      log.error({ error }, "the CAs or revocation lists of clients were not read again");
      return;
    }
    log.info({ ...this.#authority }, "the CAs and revocation lists of clients were read again");
    for (const changed of this.#changed) changed();
  }
}
