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
  /** The certificate as PEM, for clients. */
  readonly file: string;
  readonly isNew: boolean;
}

const KEY_MODE = 0o600;

/**
 * Opens the CA that lives in a directory, or makes one if there is none.
 * @throws Error that says what to do: for a key that others can read, a key that does not fit its certificate, and an
 * expired certificate.
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

/** Writes a file so that it is there completely or not at all, and has its mode from the beginning. */
function replace(file: string, text: string, mode: number): void {
  const draft = `${file}.new`;
  rmSync(draft, { force: true }); // left by a start that was cut off; writing to it would keep its mode
  writeFileSync(draft, text, { mode, flag: "wx" });
  renameSync(draft, file);
}
