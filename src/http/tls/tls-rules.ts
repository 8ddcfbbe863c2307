import { constants } from "node:crypto";
import type { SecureContextOptions } from "node:tls";

const SUITES = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
];

/**
 * What every TLS context of this program speaks: TLS 1.3, and of TLS 1.2 only suites with forward secrecy that encrypt and
 * authenticate in one (AEAD). CBC suites have had one padding oracle after the other. No renegotiation: it is of no use
 * here, and a client could make the server compute with it.
 */
export const TLS_RULES = {
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.3",
  ciphers: SUITES.join(":"),
  honorCipherOrder: true,
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
} as const satisfies SecureContextOptions;
