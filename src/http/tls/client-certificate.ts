import { X509Certificate as Certificate, constants, type X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { createSecureContext, type SecureContextOptions, TLSSocket } from "node:tls";
import { TLS_RULES } from "./tls-rules.ts";

/** The files that decide which certificates of clients are trusted. */
export interface ClientAuthority {
  /** The certificates of the CAs, PEM. */
  readonly ca: string;
  /** The revocation lists of these CAs, PEM; undefined: none is revoked. */
  readonly crl: string | undefined;
}

/** What a verified certificate says of the client; the access room's ClientCertificate. */
export interface CertifiedClient {
  readonly subject: readonly string[];
  readonly uris: readonly string[];
}

/** What a TLS context needs to check certificates of clients; empty: they are asked for none. */
export type ClientTrust = Pick<SecureContextOptions, "ca" | "crl" | "secureOptions"> & {
  readonly requestCert?: true;
  readonly rejectUnauthorized?: false;
};

interface Known extends CertifiedClient {
  readonly endsAt: number;
}

/** A connection has one certificate for all its requests. */
const known = new WeakMap<Socket, Known | "none">();

/**
 * The options that ask every client for a certificate. A handshake without one, or with one that is not trusted, is
 * completed, so that the request can be refused in words. No session is resumed: a revoked certificate would come back.
 * @throws Error that says what to do, if a file cannot be read.
 */
export function clientTrust({ ca, crl }: ClientAuthority): ClientTrust {
  const trust = {
    ca: read("tlsClientCa", ca),
    ...(crl !== undefined && { crl: read("tlsClientCrl", crl) }),
  };
  try {
    for (const pem of blocksOf(trust.ca)) new Certificate(pem);
    createSecureContext({ ...TLS_RULES, ...trust });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `tlsClientCa, tlsClientCrl: ${ca}${crl === undefined ? "" : ` and ${crl}`} cannot be used: ${reason}; give certificates and revocation lists in PEM`,
      { cause },
    );
  }
  const secureOptions = TLS_RULES.secureOptions | constants.SSL_OP_NO_TICKET;
  return { ...trust, secureOptions, requestCert: true, rejectUnauthorized: false };
}

/** What was proved on this connection counts no longer. */
export function forgetCertificate(socket: Socket): void {
  known.set(socket, "none");
}

/** What the client proved to be on this connection; undefined: nothing, or its certificate has ended since. */
export function certifiedClient(socket: Socket, now: number): CertifiedClient | undefined {
  let found = known.get(socket);
  if (found === undefined) {
    found = (socket instanceof TLSSocket && readOf(socket)) || "none";
    known.set(socket, found);
  }
  return found === "none" || now >= found.endsAt ? undefined : found;
}

/** Only a certificate that a trusted CA signed, that is valid and not revoked, is read. */
function readOf(socket: TLSSocket): Known | undefined {
  if (!socket.authorized) return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  return {
    subject: subjectOf(certificate),
    uris: urisOf(certificate),
    endsAt: certificate.validToDate.getTime(),
  };
}

/** Node writes one part a line and escapes line breaks within. */
function subjectOf({ subject }: X509Certificate): readonly string[] {
  return (subject ?? "").split("\n").filter((line) => line !== "");
}

/** Node puts a name that has a comma or a quote into quotes. Such a list is not read at all. */
function urisOf({ subjectAltName = "" }: X509Certificate): readonly string[] {
  if (subjectAltName.includes('"')) return [];
  return subjectAltName
    .split(", ")
    .filter((name) => name.startsWith("URI:"))
    .map((name) => name.slice("URI:".length));
}

function blocksOf(pem: Buffer): readonly string[] {
  const blocks = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
  const found = pem.toString("latin1").match(blocks);
  if (found === null) throw new Error("there is no certificate in it");
  return found;
}

function read(setting: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${setting}: cannot read ${file}: ${reason}`, { cause });
  }
}
