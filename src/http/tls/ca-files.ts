import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makePrivateDirectory } from "../../private-files.ts";
import { authorityCertificate } from "./ca-certificate.ts";

/** The local CA: whoever trusts the certificate in `file` trusts what `key` signs, within its name constraints. */
export interface Authority {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
  /** PEM, for clients. */
  readonly file: string;
  readonly isNew: boolean;
}

const KEY_MODE = 0o600;

/**
 * The CA that lives in a directory, made when there is none.
 * @throws Error in words: a key that others can read, a pair that does not fit, a certificate that is over.
 */
export async function openAuthority(directory: string, now: number): Promise<Authority> {
  const keyFile = join(directory, "ca.key");
  const file = join(directory, "ca.pem");
  if (!existsSync(keyFile) || !existsSync(file))
    return makeAuthority(directory, keyFile, file, now);
  const { mode } = statSync(keyFile);
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    throw new Error(
      `${keyFile} can be read by others (mode ${(mode & 0o777).toString(8)}); make it 600, or delete ${directory} for a new CA`,
    );
  }
  const authority = readAuthority(keyFile, file);
  if (authority.certificate.validToDate.getTime() <= now) {
    throw new Error(
      `the local CA in ${file} ended on ${authority.certificate.validTo}; delete ${directory} for a new one, which clients must be given again`,
    );
  }
  return authority;
}

function readAuthority(keyFile: string, file: string): Authority {
  try {
    const key = createPrivateKey(readFileSync(keyFile));
    const certificate = new X509Certificate(readFileSync(file));
    if (!certificate.checkPrivateKey(key)) throw new Error("key and certificate are not a pair");
    return { key, certificate, file, isNew: false };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `the local CA in ${keyFile} and ${file} cannot be used: ${reason}; delete both for a new one`,
      { cause },
    );
  }
}

async function makeAuthority(
  directory: string,
  keyFile: string,
  file: string,
  now: number,
): Promise<Authority> {
  const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const certificate = await authorityCertificate(key, now);
  makePrivateDirectory(directory);
  const pem = key.export({ type: "pkcs8", format: "pem" }).toString();
  replace(keyFile, pem, KEY_MODE);
  replace(file, certificate.toString(), 0o644);
  return { key, certificate, file, isNew: true };
}

/** A file is there whole or not at all, and with its mode from its first moment. */
function replace(file: string, text: string, mode: number): void {
  const draft = `${file}.new`;
  rmSync(draft, { force: true }); // of a start that was cut off; its mode would stay
  writeFileSync(draft, text, { mode, flag: "wx" });
  renameSync(draft, file);
}
