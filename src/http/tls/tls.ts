import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
} from "node:tls";
import { HTTP_LIMITS } from "../limits.ts";
import type { LocalCertificates } from "./ca.ts";
import type { ClientTrust } from "./client-certificate.ts";
import type { ServedNames } from "./tls-names.ts";
import { TLS_RULES } from "./tls-rules.ts";

/** How often a server checks whether its own certificate has to be renewed. */
const RENEWAL_CHECK_MS = 6 * 3_600_000;

type SniDone = (error: Error | null, context?: SecureContext) => void;

/** What `tls.createServer` and `https.createServer` need. */
export interface TlsOptions extends SecureContextOptions {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  readonly handshakeTimeout: number;
  readonly ALPNProtocols: string[];
  readonly requestCert?: boolean;
  readonly rejectUnauthorized?: boolean;
  readonly SNICallback?: (name: string, done: SniDone) => void;
}

const COMMON = {
  ...TLS_RULES,
  handshakeTimeout: HTTP_LIMITS.handshakeMs,
  ALPNProtocols: ["http/1.1"],
};

/** @throws Error that says what to do, if the files cannot be read or the key does not fit the certificate. */
export function givenTls(certFile: string, keyFile: string, clients: ClientTrust = {}): TlsOptions {
  const pair = { cert: readPem(certFile), key: readPem(keyFile) };
  try {
    createSecureContext({ ...pair, ...TLS_RULES });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `the certificate ${certFile} and the key ${keyFile} cannot be used: ${reason}; give a PEM certificate (with its chain) and its own key`,
      { cause },
    );
  }
  return { ...pair, ...COMMON, ...clients };
}

/**
 * Gives each client the certificate for the name it asks for. For a name that is not served it is this machine's, which
 * the client will refuse.
 */
export async function localTls(
  certificates: LocalCertificates,
  names: ServedNames,
  clients: ClientTrust = {},
): Promise<TlsOptions> {
  const { key, cert } = await certificates.leafFor();
  return {
    key,
    cert,
    ...COMMON,
    ...clients,
    SNICallback: (asked, done) => {
      const name = asked.toLowerCase();
      if (!names.isProduct(name) && !names.isLocal(name)) {
        done(null);
        return;
      }
      certificates.leafFor(name).then(({ context }) => done(null, context), done);
    },
  };
}

/** Renews the server's own certificate, which a client gets that asks for an address instead of a name. */
export function renewOwnCertificate(
  server: Server,
  certificates: LocalCertificates,
  clients: () => ClientTrust = () => ({}),
): void {
  const renew = () => {
    certificates.leafFor().then(
      ({ key, cert }) => server.setSecureContext({ key, cert, ...TLS_RULES, ...clients() }),
      () => {}, // the old one stays in use until the next check
    );
  };
  const timer = setInterval(renew, RENEWAL_CHECK_MS).unref();
  server.once("close", () => clearInterval(timer));
}

/** Ends handshakes that take too long in all. Node's `handshakeTimeout` begins anew with every byte that arrives. */
export function boundHandshakes(server: Server): void {
  const waiting = new Map<string, NodeJS.Timeout>();
  const settle = (peer: string) => {
    clearTimeout(waiting.get(peer));
    waiting.delete(peer);
  };
  server.on("connection", (socket: Socket) => {
    const peer = peerOf(socket);
    waiting.set(
      peer,
      setTimeout(() => socket.destroy(), HTTP_LIMITS.handshakeMs),
    );
    socket.once("close", () => settle(peer));
  });
  server.on("secureConnection", (socket: TLSSocket) => settle(peerOf(socket)));
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`cannot read ${file}: ${reason}`, { cause });
  }
}
