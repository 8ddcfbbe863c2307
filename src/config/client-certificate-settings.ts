// The settings of certificates that clients show (mutual TLS).
import { list, object, oneOf, text } from "./kinds.ts";
import { inFile, optional } from "./setting.ts";

export interface ClientCertificateSetting {
  readonly subject?: string;
  readonly uri?: string;
  readonly accessKeyId: string;
}

const FILE = text("file", "a path");

export const CLIENT_CERTIFICATE_SETTINGS = {
  tlsClientCa: optional(
    FILE,
    "the CAs (PEM) whose certificates clients may show; needs TLS",
    "clients are asked for none",
  ),
  tlsClientCrl: optional(FILE, "the revocation lists (PEM) of these CAs", "none is revoked"),
  tlsClientAuth: optional(
    oneOf("way", ["optional", "required"]),
    "required: every call needs a certificate beside its signature; optional: it may have one",
    "optional",
  ),
  clientCertificates: inFile(
    list<ClientCertificateSetting>(
      object<ClientCertificateSetting>(
        {
          subject: text("subject", "a whole subject such as CN=ci,OU=team-a"),
          uri: text("uri", "a URI among the alternative names of the certificate"),
          accessKeyId: text("id", "the id of an access key"),
        },
        ["accessKeyId"],
      ),
      "a list of { subject or uri, accessKeyId }",
    ),
    [],
    "keys that certificates stand for: with one, a request without a signature has the rights of that key",
    "none: every request is signed",
  ),
};
