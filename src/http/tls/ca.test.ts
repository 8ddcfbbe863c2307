import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { LocalCertificates } from "./ca.ts";
import { leafCertificate, type Names } from "./ca-certificate.ts";
import { openAuthority } from "./ca-files.ts";

/** The system's; not written at the call, where knip takes it for a program of a package. */
const OPENSSL = "openssl";
const NOW = Date.now();
const DAY_MS = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), "taskscribe-ca-"));
after(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
const fresh = () => join(folder, String(++count), "tls");

/** What OpenSSL, strictly, says of a leaf for these names. */
async function verified(names: Partial<Names>): Promise<string> {
  const directory = fresh();
  const authority = await openAuthority(directory, NOW);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const leaf = await leafCertificate(
    privateKey,
    authority.key,
    { domains: [], addresses: [], ...names },
    NOW,
  );
  const file = join(directory, "leaf.pem");
  writeFileSync(file, leaf.toString());
  const args = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", authority.file, file];
  const { stdout, stderr } = spawnSync(OPENSSL, args, { encoding: "utf8" });
  return /: OK$/m.test(stdout) ? "OK" : (/error \d+ .*: (.*)/.exec(stderr)?.[1] ?? stderr);
}

describe("the local CA", () => {
  it("signs leaves that OpenSSL accepts in its strictest mode", async () => {
    assert.equal(await verified({ domains: ["cs.cn-hangzhou.aliyuncs.com"] }), "OK");
    assert.equal(await verified({ domains: ["localhost", "bdrc.localhost"] }), "OK");
    assert.equal(await verified({ addresses: [[127, 0, 0, 1]] }), "OK");
    assert.equal(
      await verified({ addresses: [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]] }),
      "OK",
    );
  });

  it("is believed for no other domain or address, even if it signs for one", async () => {
    const refused = "permitted subtree violation";
    assert.equal(await verified({ domains: ["example.com"] }), refused);
    assert.equal(await verified({ domains: ["notaliyuncs.com"] }), refused);
    assert.equal(await verified({ domains: ["localhost", "example.com"] }), refused);
    assert.equal(await verified({ addresses: [[10, 0, 0, 1]] }), refused);
    assert.equal(await verified({ addresses: [[127, 0, 0, 2]] }), refused);
  });

  it("keeps its key to its owner and stays the same from start to start", async () => {
    const directory = fresh();
    const first = await openAuthority(directory, NOW);
    assert.equal(first.isNew, true);
    assert.equal(statSync(join(directory, "ca.key")).mode & 0o777, 0o600);
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    const second = await openAuthority(directory, NOW);
    assert.equal(second.isNew, false);
    assert.equal(second.certificate.fingerprint256, first.certificate.fingerprint256);
  });

  it("says no for a key that others can read", async () => {
    const directory = fresh();
    await openAuthority(directory, NOW);
    chmodSync(join(directory, "ca.key"), 0o640);
    await assert.rejects(
      openAuthority(directory, NOW),
      /ca\.key can be read by others \(mode 640\)/,
    );
  });

  it("says no for a key of another certificate, for rubbish, and when its time is over", async () => {
    const directory = fresh();
    const { file } = await openAuthority(directory, NOW);
    await assert.rejects(
      openAuthority(directory, NOW + 3_651 * DAY_MS),
      /ended on .*for a new one/,
    );
    const other = fresh();
    await openAuthority(other, NOW);
    writeFileSync(join(directory, "ca.key"), readFileSync(join(other, "ca.key")));
    await assert.rejects(openAuthority(directory, NOW), /are not a pair; delete both/);
    writeFileSync(file, "rubbish");
    await assert.rejects(openAuthority(directory, NOW), /cannot be used: .*; delete both/);
  });

  it("makes a new pair when half of it is gone, over the rest of a start that was cut off", async () => {
    const directory = fresh();
    const first = await openAuthority(directory, NOW);
    rmSync(first.file);
    writeFileSync(join(directory, "ca.key.new"), "half", { mode: 0o644 });
    const second = await openAuthority(directory, NOW);
    assert.notEqual(second.certificate.fingerprint256, first.certificate.fingerprint256);
    assert.equal(statSync(join(directory, "ca.key")).mode & 0o777, 0o600);
    assert.equal(existsSync(join(directory, "ca.key.new")), false);
  });
});

describe("certificates on demand", () => {
  it("are made once a name, and anew a day before they end", async () => {
    let now = NOW;
    const certificates = new LocalCertificates(await openAuthority(fresh(), now), () => now);
    const first = await certificates.leafFor("cs.aliyuncs.com");
    assert.equal(new X509Certificate(first.cert).subjectAltName, "DNS:cs.aliyuncs.com");
    assert.equal(await certificates.leafFor("cs.aliyuncs.com"), first);
    now += 6 * DAY_MS;
    const second = await certificates.leafFor("cs.aliyuncs.com");
    assert.notEqual(second, first);
    assert.ok(new X509Certificate(second.cert).validToDate.getTime() > now + 6 * DAY_MS);
  });

  it("speak for this machine when nobody is named", async () => {
    const certificates = new LocalCertificates(await openAuthority(fresh(), NOW));
    const { cert } = await certificates.leafFor();
    assert.equal(
      new X509Certificate(cert).subjectAltName,
      "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
    );
  });

  it("are bounded: the least lately asked for is forgotten", async () => {
    const certificates = new LocalCertificates(await openAuthority(fresh(), NOW));
    const kept = await certificates.leafFor("kept.localhost");
    for (let i = 0; i < 300; i++) {
      await certificates.leafFor(`n${i}.localhost`);
      assert.equal(await certificates.leafFor("kept.localhost"), kept);
    }
    assert.equal(certificates.size, 256);
  });
});
