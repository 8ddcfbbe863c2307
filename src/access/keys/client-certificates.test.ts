import assert from "node:assert/strict";
import { test } from "node:test";
import { CertificateKeys } from "./client-certificates.ts";

const keys = new CertificateKeys([
  { subject: "CN=ci, OU=team-a", accessKeyId: "LTAI1" },
  { subject: "CN=Ada\\, Countess", accessKeyId: "LTAI2" },
  { uri: "spiffe://example.org/ci", accessKeyId: "LTAI3" },
]);
const keyOf = (subject: readonly string[], ...uris: readonly string[]) =>
  keys.keyFor({ subject, uris });

test("a subject is compared whole, in any order", () => {
  assert.equal(keyOf(["OU=team-a", "CN=ci"]), "LTAI1");
  assert.equal(keyOf(["CN=Ada, Countess"]), "LTAI2");
  const others = [
    ["CN=ci"],
    ["CN=ci", "OU=team-a", "O=x"],
    ["CN=ci,OU=team-a"],
    ["CN=ci + OU=team-a"],
  ];
  for (const other of [...others, ["CN=CI", "OU=team-a"], ["CN=ci", "OU=team-a", "OU=team-a"], []])
    assert.equal(keyOf(other), undefined, other.join(" | "));
});

test("a URI is compared whole", () => {
  assert.equal(keyOf(["CN=x"], "dns:x", "spiffe://example.org/ci"), "LTAI3");
  assert.equal(keyOf(["CN=x"], "spiffe://example.org/ci/2"), undefined);
});

test("a certificate that stands for two keys stands for none", () => {
  assert.equal(keyOf(["OU=team-a", "CN=ci"], "spiffe://example.org/ci"), undefined);
});
