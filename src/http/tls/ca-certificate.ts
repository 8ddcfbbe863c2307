// Builds certificates, which Node can check but not make. It is loaded only when a local CA is needed.
import {
  createHash,
  createPublicKey,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from "node:crypto";
import { BitString, Integer, OctetString, Utf8String } from "asn1js";
import {
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  ExtKeyUsage,
  GeneralName,
  GeneralNames,
  GeneralSubtree,
  NameConstraints,
  RelativeDistinguishedNames,
  Time,
} from "pkijs";

const DAY_MS = 86_400_000;
/** Certificates are valid from this long before now, because clients' clocks may be behind. */
const BACKDATED_MS = 3_600_000;
const AUTHORITY_DAYS = 3_650;
export const LEAF_DAYS = 7;

const AUTHORITY_NAME = "Taskscribe local CA";
const LEAF_NAME = "Taskscribe";

/** The names that a certificate is valid for. */
export interface Names {
  readonly domains: readonly string[];
  /** Addresses as bytes, 4 or 16 each. */
  readonly addresses: readonly (readonly number[])[];
}

const LOOPBACK: readonly (readonly number[])[] = [
  [127, 0, 0, 1],
  [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
];

/**
 * The domains, each with all names below it, that this CA may sign for: clients believe no other, even if its key is
 * stolen.
 */
const PERMITTED: Names = { domains: ["aliyuncs.com", "localhost"], addresses: LOOPBACK };

/** The names in the certificate for a client that sends no name, because it asked for an address. */
export const LOCAL_NAMES: Names = { domains: ["localhost"], addresses: LOOPBACK };

const OID = {
  commonName: "2.5.4.3",
  subjectKey: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectNames: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  authorityKey: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
} as const;

/** The bits of KeyUsage: one byte, and the number of its last bits that are unused. */
const SIGNS_CERTIFICATES = { byte: 0x06, unused: 1 };
const SIGNS_HANDSHAKES = { byte: 0x80, unused: 7 };

export function authorityCertificate(key: KeyObject, now: number): Promise<X509Certificate> {
  return issue({
    subject: AUTHORITY_NAME,
    key,
    signedBy: key,
    from: now,
    days: AUTHORITY_DAYS,
    extensions: [
      extension(
        OID.basicConstraints,
        new BasicConstraints({ cA: true, pathLenConstraint: 0 }),
        true,
      ),
      keyUsage(SIGNS_CERTIFICATES),
      extension(OID.extendedKeyUsage, new ExtKeyUsage({ keyPurposes: [OID.serverAuth] })),
      extension(OID.subjectKey, octets(keyId(key))),
      extension(OID.nameConstraints, permitted(PERMITTED), true),
    ],
  });
}

export function leafCertificate(
  key: KeyObject,
  authority: KeyObject,
  names: Names,
  now: number,
): Promise<X509Certificate> {
  return issue({
    subject: LEAF_NAME,
    key,
    signedBy: authority,
    from: now,
    days: LEAF_DAYS,
    extensions: [
      extension(OID.basicConstraints, new BasicConstraints({ cA: false }), true),
      keyUsage(SIGNS_HANDSHAKES),
      extension(OID.extendedKeyUsage, new ExtKeyUsage({ keyPurposes: [OID.serverAuth] })),
      extension(
        OID.authorityKey,
        new AuthorityKeyIdentifier({ keyIdentifier: octets(keyId(authority)) }),
      ),
      extension(OID.subjectNames, new GeneralNames({ names: generalNames(names) })),
    ],
  });
}

interface Request {
  readonly subject: string;
  readonly key: KeyObject;
  readonly signedBy: KeyObject;
  readonly from: number;
  readonly days: number;
  readonly extensions: Extension[];
}

async function issue(request: Request): Promise<X509Certificate> {
  const { subject, key, signedBy, from, days, extensions } = request;
  const certificate = new Certificate();
  certificate.version = 2; // counted from 0: X.509 v3
  certificate.serialNumber = serialNumber();
  certificate.issuer = distinguishedName(AUTHORITY_NAME);
  certificate.subject = distinguishedName(subject);
  certificate.notBefore = new Time({ value: new Date(from - BACKDATED_MS) });
  certificate.notAfter = new Time({ value: new Date(from + days * DAY_MS) });
  await certificate.subjectPublicKeyInfo.importKey(webKey(createPublicKey(key), "verify"));
  certificate.extensions = extensions;
  await certificate.sign(webKey(signedBy, "sign"), "SHA-256");
  return new X509Certificate(new Uint8Array(certificate.toSchema(true).toBER()));
}

function webKey(key: KeyObject, use: "sign" | "verify") {
  return key.toCryptoKey({ name: "ECDSA", namedCurve: "P-256" }, true, [use]);
}

/**
 * A random serial number whose first byte lies between 0x40 and 0x7f: it is positive and always has its full length.
 */
function serialNumber(): Integer {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return new Integer({ valueHex: bufferOf(bytes) });
}

function distinguishedName(commonName: string): RelativeDistinguishedNames {
  return new RelativeDistinguishedNames({
    typesAndValues: [
      new AttributeTypeAndValue({
        type: OID.commonName,
        value: new Utf8String({ value: commonName }),
      }),
    ],
  });
}

interface Encodable {
  toBER(): ArrayBuffer;
}

function extension(
  oid: string,
  content: Encodable | { toSchema(): Encodable },
  critical = false,
): Extension {
  const block = "toSchema" in content ? content.toSchema() : content;
  return new Extension({ extnID: oid, critical, extnValue: block.toBER() });
}

function keyUsage({ byte, unused }: { byte: number; unused: number }): Extension {
  const bits = new BitString({ valueHex: bufferOf([byte]), unusedBits: unused });
  return extension(OID.keyUsage, bits, true);
}

function permitted({ domains, addresses }: Names): NameConstraints {
  const ranges = addresses.map((address) => [...address, ...address.map(() => 0xff)]);
  const names = generalNames({ domains, addresses: ranges });
  return new NameConstraints({
    permittedSubtrees: names.map((base) => new GeneralSubtree({ base })),
  });
}

function generalNames({ domains, addresses }: Names): GeneralName[] {
  return [
    ...domains.map((value) => new GeneralName({ type: 2, value })),
    ...addresses.map((address) => new GeneralName({ type: 7, value: octets(address) })),
  ];
}

/**
 * The key identifier of RFC 5280, 4.2.1.2: a hash of the key's bits alone, which are the last 65 bytes of a P-256 key's
 * SPKI.
 */
function keyId(key: KeyObject): Uint8Array {
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  return createHash("sha1").update(spki.subarray(-65)).digest();
}

function octets(bytes: ArrayLike<number>): OctetString {
  return new OctetString({ valueHex: bufferOf(bytes) });
}

function bufferOf(bytes: ArrayLike<number>): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
