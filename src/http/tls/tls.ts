import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { createSecureContext, type SecureContext, type Server, type TLSSocket } from "node:tls";
import { HTTP_LIMITS } from "../limits.ts";
import type { LocalCertificates } from "./ca.ts";
import type { ServedNames } from "./tls-names.ts";

/** How often a server looks whether its own certificate is due for a new one. */
const RENEWAL_CHECK_MS = 6 * 3_600_000;

type SniDone = (error: Error | null, context?: SecureContext) => void;

/** What `tls.createServer` and `https.createServer` need. */
export interface TlsOptions {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  readonly handshakeTimeout: number;
  readonly ALPNProtocols: string[];
  readonly SNICallback?: (name: string, done: SniDone) => void;
}

const COMMON = { handshakeTimeout: HTTP_LIMITS.handshakeMs, ALPNProtocols: ["http/1.1"] };

/** @throws Error in words if the files cannot be read or are not a pair. */
export function givenTls(certFile: string, keyFile: string): TlsOptions {
  const pair = { cert: readPem(certFile), key: readPem(keyFile) };
  try {
    createSecureContext(pair);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `the certificate ${certFile} and the key ${keyFile} cannot be used: ${reason}; give a PEM certificate (with its chain) and its own key`,
      { cause },
    );
  }
  return { ...pair, ...COMMON };
}

/** Certificates as they are asked for; a name that is not served gets this machine's, which its client will refuse. */
export async function localTls(
  certificates: LocalCertificates,
  names: ServedNames,
): Promise<TlsOptions> {
  const { key, cert } = await certificates.leafFor();
  return {
    key,
    cert,
    ...COMMON,
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

/** Whoever asks by address names no name and gets the server's own certificate: keeps that one young. */
export function renewOwnCertificate(server: Server, certificates: LocalCertificates): void {
  const renew = () => {
    certificates.leafFor().then(
      ({ key, cert }) => server.setSecureContext({ key, cert }),
      () => {}, // the old one serves until the next look
    );
  };
  const timer = setInterval(renew, RENEWAL_CHECK_MS).unref();
  server.once("close", () => clearInterval(timer));
}

/** `handshakeTimeout` begins anew with every byte; this ends a handshake that only drips. */
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
