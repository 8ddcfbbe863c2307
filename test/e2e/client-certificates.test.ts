import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { PreparedSecret } from "../../src/auth/credentials.ts";
import { signAcs3 } from "../../src/auth/sign.ts";
import { command, jsonFrom } from "../support/command.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import type { SigningKeys } from "../support/signed-http.ts";

/* Capability 6: certificates of clients, made by OpenSSL, with real handshakes. */

const OPENSSL = "openssl";
const folder = mkdtempSync(join(tmpdir(), "taskscribe-mtls-"));
const data = join(folder, "data");
const at = (name: string) => join(folder, name);
after(() => rmSync(folder, { recursive: true, force: true }));

function openssl(...args: readonly string[]): void {
  execFileSync(OPENSSL, args, { stdio: "ignore", cwd: folder });
}

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** A CA with the files that `openssl ca` wants. */
function makeCa(name: string): void {
  mkdirSync(at(name));
  writeFileSync(at(`${name}/index.txt`), "");
  writeFileSync(at(`${name}/serial`), "01");
  writeFileSync(at(`${name}/crlnumber`), "01");
  const policy = "[any]\ncommonName = supplied\norganizationalUnitName = optional\n";
  const section = `[ca]\ndefault_ca = own\n[own]\ndir = ${at(name)}\ndatabase = ${at(name)}/index.txt\nnew_certs_dir = ${at(name)}\nserial = ${at(name)}/serial\ncrlnumber = ${at(name)}/crlnumber\ncertificate = ${at(name)}.pem\nprivate_key = ${at(name)}.key\ndefault_md = sha256\ndefault_days = 2\ndefault_crl_days = 2\npolicy = any\ncopy_extensions = copy\nunique_subject = no\n${policy}`;
  writeFileSync(at(`${name}.cnf`), section);
  const out = ["-keyout", at(`${name}.key`), "-out", at(`${name}.pem`)];
  openssl("req", "-x509", ...EC, "-subj", `/CN=${name}`, "-days", "2", ...out);
}

function makeClient(name: string, ca: string, subject: string, uri?: string): void {
  const names = uri === undefined ? [] : ["-addext", `subjectAltName=URI:${uri}`];
  const out = ["-keyout", at(`${name}.key`), "-out", at(`${name}.csr`)];
  openssl("req", "-new", ...EC, "-subj", subject, ...names, ...out);
  const files = ["-in", at(`${name}.csr`), "-out", at(`${name}.pem`)];
  openssl("ca", "-batch", "-notext", "-config", at(`${ca}.cnf`), ...files);
}

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: SigningKeys;
  /** The name that the client asks for: it decides which certificate the server shows. */
  readonly servername?: string;
  /** Keeps the connection; default: each request has its own. */
  readonly agent?: Agent;
}

let server: ServerProcess;
let reader: SigningKeys;
let admin: SigningKeys;

/** The status and the code of the answer. @param client the name of the certificate; undefined: none. */
function ask(client: string | undefined, asked: Asked = {}): Promise<string> {
  const { path = "/v1/tasks", method = "GET", servername = "localhost", agent = false } = asked;
  const host = new URL(server.url).host;
  const certificate = client && {
    cert: readFileSync(at(`${client}.pem`)),
    key: readFileSync(at(`${client}.key`)),
  };
  const given = { host, ...asked.headers };
  const headers = asked.key === undefined ? given : signed(asked.key, host, path, method);
  const tls = { ca: readFileSync(join(data, "tls/ca.pem")), servername, agent };
  return new Promise((resolve, reject) => {
    request(`${server.url}${path}`, { method, headers, ...tls, ...certificate }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => {
        const code = /"[cC]ode":"([^"]+)"/.exec(text)?.[1];
        resolve(`${response.statusCode}${code === undefined ? "" : ` ${code}`}`);
      });
    })
      .on("error", reject)
      .end();
  });
}

function signed(key: SigningKeys, host: string, path: string, method: string) {
  const { accessKeyId, accessKeySecret } = key;
  return signAcs3({
    method,
    url: `https://${host}${path}`,
    key: { accessKeyId, secret: new PreparedSecret(accessKeySecret) },
    dateMs: Date.now(),
    nonce: crypto.randomUUID(),
  });
}

/** A server with these settings in its configuration file. */
async function start(settings: object): Promise<void> {
  const config = at("settings.config.ts");
  writeFileSync(config, `export default ${JSON.stringify(settings)};\n`);
  const args = ["--data", data, "--config", config, "--auth", "strict", "--tls"];
  server = await startServerProcess(args);
}

before(async () => {
  makeCa("ca");
  makeCa("stranger");
  makeClient("ci", "ca", "/OU=team-a/CN=ci");
  makeClient("longer", "ca", "/OU=team-a/CN=ci2");
  makeClient("prefix", "ca", "/CN=ci");
  makeClient("joined", "ca", "/CN=ci,OU=team-a");
  makeClient("spiffe", "ca", "/CN=anything", "spiffe://example.org/ci");
  makeClient("gone", "ca", "/OU=team-a/CN=ci");
  makeClient("forged", "stranger", "/OU=team-a/CN=ci");
  openssl("ca", "-config", at("ca.cnf"), "-revoke", at("gone.pem"));
  openssl("ca", "-config", at("ca.cnf"), "-gencrl", "-out", at("ca.crl"));
  reader = await jsonFrom<SigningKeys>("key", "create", "--data", data);
  admin = await jsonFrom<SigningKeys>("key", "create", "--data", data);
  const Statement = [{ Effect: "Allow", Action: "taskscribe:List*", Resource: "*" }];
  writeFileSync(at("policy.json"), JSON.stringify({ Version: "1", Statement }));
  const { accessKeyId } = reader;
  const to = ["--key", accessKeyId, "--document", at("policy.json"), "--data", data];
  assert.equal((await command("policy", "attach", "read", ...to)).code, 0);
});

const mapped = () => ({
  tlsClientCa: at("ca.pem"),
  tlsClientCrl: at("ca.crl"),
  clientCertificates: [
    { subject: "CN=ci,OU=team-a", accessKeyId: reader.accessKeyId },
    { uri: "spiffe://example.org/ci", accessKeyId: reader.accessKeyId },
  ],
});

describe("certificates that stand for a key", () => {
  before(() => start(mapped()));
  after(async () => assert.equal(await server.end("SIGTERM"), 0));

  it("let a request in without a signature, with the rights of that key", async () => {
    for (const client of ["ci", "spiffe"]) {
      for (const servername of ["localhost", "cs.cn-hangzhou.aliyuncs.com", ""])
        assert.equal(await ask(client, { servername }), "200", `${client} ${servername}`);
      const denied = await ask(client, { path: "/v1/tasks/ts-1/cancel", method: "POST" });
      assert.match(denied, /^403/, client);
    }
  });

  it("are compared whole: nothing matches a part, and no other CA counts", async () => {
    for (const client of ["longer", "prefix", "joined", "forged", "gone", undefined])
      assert.equal(await ask(client), "400 IncompleteSignature", client);
  });

  it("a signature says more than a certificate, and a wrong one is refused", async () => {
    assert.equal(await ask("ci", { key: admin }), "200");
    assert.equal(await ask("longer", { key: admin }), "200");
    const wrong = { ...admin, accessKeySecret: "wrong" };
    assert.equal(await ask("ci", { key: wrong }), "400 SignatureDoesNotMatch");
    assert.match(
      await ask("ci", { headers: { authorization: "acs x:y" } }),
      /^404 InvalidAccessKeyId/,
    );
  });

  it("a page of another site cannot use the certificate of the browser", async () => {
    const headers = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    assert.equal(await ask("ci", { headers }), "403 Forbidden.ForeignSite");
  });

  it("do not manage keys", async () => {
    const keys = { path: "/v1/access/ListAccessKeys", method: "POST" };
    assert.match(await ask("ci", keys), /^400 IncompleteSignature/);
  });

  it("end with their key", async () => {
    const { accessKeyId } = reader;
    assert.equal((await command("key", "disable", accessKeyId, "--data", data)).code, 0);
    assert.equal(await ask("ci"), "400 InvalidAccessKeyId.Inactive");
    assert.equal((await command("key", "enable", accessKeyId, "--data", data)).code, 0);
    assert.equal(await ask("ci"), "200");
  });
});

describe("a revocation list that changes while the server runs", () => {
  before(() => start(mapped()));
  after(async () => assert.equal(await server.end("SIGTERM"), 0));

  it("is read again: a certificate that it names lets nobody in any more, the others do", async () => {
    makeClient("late", "ca", "/OU=team-a/CN=ci");
    for (const servername of ["localhost", "cs.cn-hangzhou.aliyuncs.com", ""])
      assert.equal(await ask("late", { servername }), "200", servername);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    assert.equal(await ask("late", { agent }), "200");
    openssl("ca", "-config", at("ca.cnf"), "-revoke", at("late.pem"));
    openssl("ca", "-config", at("ca.cnf"), "-gencrl", "-out", at("next.crl"));
    renameSync(at("next.crl"), at("ca.crl"));
    const refused = "400 IncompleteSignature";
    for (let turn = 0; turn < 150 && (await ask("late")) !== refused; turn++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(await ask("late", { agent }), refused, "a connection that was made before");
    agent.destroy();
    for (const servername of ["localhost", "cs.cn-hangzhou.aliyuncs.com", ""]) {
      assert.equal(await ask("late", { servername }), refused, servername);
      assert.equal(await ask("ci", { servername }), "200", servername);
    }
  });

  it("leaves the earlier one in force while it cannot be read", async () => {
    writeFileSync(at("ca.crl"), "no list");
    for (let turn = 0; turn < 150 && !server.errors().includes("were not read again"); turn++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    assert.match(server.errors(), /were not read again/);
    assert.equal(await ask("late"), "400 IncompleteSignature");
    assert.equal(await ask("ci"), "200");
    openssl("ca", "-config", at("ca.cnf"), "-gencrl", "-out", at("ca.crl"));
  });
});

describe("certificates that are required", () => {
  before(() => start({ ...mapped(), clientCertificates: [], tlsClientAuth: "required" }));
  after(async () => assert.equal(await server.end("SIGTERM"), 0));

  it("are asked for beside the signature", async () => {
    for (const client of ["forged", "gone", undefined])
      assert.equal(await ask(client, { key: admin }), "403 Forbidden.ClientCertificate", client);
    assert.equal(await ask("longer", { key: admin }), "200");
    assert.equal(await ask("ci"), "400 IncompleteSignature");
  });

  it("do not shut the operator out, and the posture shows them", async () => {
    const { out } = await command("security", "--data", data);
    assert.match(out, /client certificates +required, 0 mapped to keys, with a revocation list/);
  });
});

describe("settings of certificates", () => {
  const refusals: readonly (readonly [string, object, RegExp])[] = [
    ["without a CA", { tlsClientAuth: "required" }, /tlsClientAuth: it has no effect without/],
    [
      "a CA that is not there",
      { tlsClientCa: at("none") },
      /tlsClientCa: cannot read .*none: ENOENT/,
    ],
    [
      "a CA that is none",
      { tlsClientCa: at("ca.cnf") },
      /cannot be used: there is no certificate in it/,
    ],
    [
      "a mapping of nobody",
      { tlsClientCa: at("ca.pem"), clientCertificates: [{ accessKeyId: "LTAI1" }] },
      /clientCertificates\.0: it names no certificate/,
    ],
  ];
  for (const [name, settings, words] of refusals)
    it(`${name}: the start is refused`, async () => {
      await assert.rejects(start(settings), words);
    });
});
