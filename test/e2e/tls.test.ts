import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { Agent, request } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { MAIN } from "../support/program.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "taskscribe-tls-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The program of the system. It is not written at the call, because knip would take it for a program of a package. */
const OPENSSL = "openssl";
const HANDSHAKE_MS = 10_000;

interface Asked {
  readonly url: string;
  readonly ca: string;
  readonly servername?: string;
}

/** The health of a server, if its certificate is good. */
function health({ url, ca, servername }: Asked): Promise<string> {
  return new Promise((resolve, reject) => {
    const agent = new Agent();
    const options = { ca, agent, ...(servername && { servername, headers: { host: servername } }) };
    request(`${url}/healthz`, options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
    })
      .on("error", reject)
      .end();
  });
}

/** Runs the command line to its end; for starts that must fail. */
function failingServe(...args: readonly string[]) {
  const { status, stderr } = spawnSync(
    process.execPath,
    [MAIN, "serve", "--port", "0", "--data", join(folder, "refused"), ...args],
    { cwd: root, encoding: "utf8", timeout: 20_000 },
  );
  return { status, stderr };
}

describe("TLS with the local CA", () => {
  let server: ServerProcess;
  let ca: string;
  let port: number;

  before(async () => {
    const data = join(folder, "data");
    server = await startServerProcess(["--data", data, "--tls"]);
    ca = readFileSync(join(data, "tls/ca.pem"), "utf8");
    port = Number(new URL(server.url).port);
  });
  after(async () => assert.equal(await server.end("SIGTERM"), 0));

  it("answers for its address, for localhost and for the name of a product", async () => {
    const ok = '{"status":"ok"}';
    assert.match(server.url, /^https:\/\/127\.0\.0\.1:/);
    assert.equal(await health({ url: server.url, ca }), ok);
    for (const servername of ["localhost", "bdrc.localhost", "cs.cn-hangzhou.aliyuncs.com"]) {
      assert.equal(await health({ url: server.url, ca, servername }), ok, servername);
    }
  });

  it("shows this machine's certificate for a name that is not served", async () => {
    await assert.rejects(health({ url: server.url, ca, servername: "example.com" }), {
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });

  it("is not trusted by a client without the CA", async () => {
    await assert.rejects(health({ url: server.url, ca: "" }), {
      code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    });
  });

  it("is verified by OpenSSL too, and speaks nothing older than TLS 1.2", () => {
    const openssl = (...args: readonly string[]) =>
      spawnSync(OPENSSL, ["s_client", "-connect", `127.0.0.1:${port}`, ...args], {
        input: "",
        encoding: "utf8",
        timeout: 10_000,
      });
    const file = join(folder, "data/tls/ca.pem");
    const name = "cs.aliyuncs.com";
    const good = openssl(
      "-CAfile",
      file,
      "-verify_return_error",
      "-verify_hostname",
      name,
      "-servername",
      name,
    );
    assert.match(good.stdout, /Verify return code: 0 \(ok\)/);
    assert.notEqual(openssl("-tls1_1", "-cipher", "ALL:@SECLEVEL=0").status, 0);
  });

  it("closes on plain HTTP and on garbage, and continues", async () => {
    for (const bytes of ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\u0000\u0001\u0002", ""]) {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {}); // a reset is as good as an end
      socket.end(bytes);
      socket.resume();
      await once(socket, "close");
    }
    assert.equal(await health({ url: server.url, ca }), '{"status":"ok"}');
  });

  it("closes a handshake that is too slow", async () => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    await once(socket, "connect");
    const began = Date.now();
    const closed = once(socket, "close");
    const header = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03];
    for (let i = 0; !socket.closed && i < 40; i++) {
      socket.write(Buffer.from([header[i] ?? 0]));
      await Promise.race([closed, sleep(500)]);
    }
    const took = Date.now() - began;
    assert.ok(took > HANDSHAKE_MS - 500 && took < HANDSHAKE_MS + 3_000, `cut after ${took} ms`);
  });

  it("stops at once, also with idle connections", async () => {
    const data = join(folder, "stopping");
    const other = await startServerProcess(["--data", data, "--tls", "--proxy-port", "0"]);
    const sockets: TLSSocket[] = [];
    for (let i = 0; i < 20; i++) {
      const socket = connectTls({
        port: Number(new URL(other.url).port),
        host: "127.0.0.1",
        rejectUnauthorized: false,
      });
      socket.on("error", () => {});
      await once(socket, "secureConnect");
      socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
      await once(socket, "data");
      sockets.push(socket);
    }
    const file = join(data, "server.json");
    assert.equal(JSON.parse(readFileSync(file, "utf8")).url, other.url);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const began = Date.now();
    assert.equal(await other.end("SIGTERM"), 0);
    assert.ok(Date.now() - began < 2_500);
    assert.throws(() => readFileSync(file), { code: "ENOENT" });
    for (const socket of sockets) socket.destroy();
  });
});

describe("TLS with a certificate of one's own", () => {
  const cert = join(folder, "cert.pem");
  const key = join(folder, "key.pem");

  before(() => {
    const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    const names = [
      "-subj",
      "/CN=mine",
      "-addext",
      "subjectAltName=DNS:tasks.example.com,IP:127.0.0.1",
    ];
    execFileSync(OPENSSL, [...args, ...names, "-days", "2", "-keyout", key, "-out", cert], {
      stdio: "ignore",
    });
  });

  it("shows it for every name, and makes no CA", async () => {
    const data = join(folder, "given");
    const server = await startServerProcess(["--data", data, "--tls-cert", cert, "--tls-key", key]);
    const ca = readFileSync(cert, "utf8");
    assert.equal(
      await health({ url: server.url, ca, servername: "tasks.example.com" }),
      '{"status":"ok"}',
    );
    assert.equal(await health({ url: server.url, ca }), '{"status":"ok"}');
    assert.throws(() => readFileSync(join(data, "tls/ca.pem")), { code: "ENOENT" });
    assert.equal(await server.end("SIGTERM"), 0);
  });

  it("is refused with a message when it cannot be used", () => {
    const cases: readonly (readonly [args: readonly string[], words: RegExp])[] = [
      [["--tls-cert", cert], /tlsKey: it is not set, but tlsCert is; give both, or neither/],
      [
        ["--tls-cert", cert, "--tls-key", cert],
        /the certificate .*cert\.pem and the key .*cert\.pem cannot be used: .*give a PEM certificate/,
      ],
      [["--tls-cert", join(folder, "none"), "--tls-key", key], /cannot read .*none: ENOENT/],
      [["--require-tls"], /requireTls: no signed request could be let in, .*; give --tls/],
      [["--tls", "--data", ":memory:"], /the local CA is kept in the data directory/],
    ];
    for (const [args, words] of cases) {
      const { status, stderr } = failingServe(...args);
      assert.match(stderr, words);
      assert.equal(status, 2, stderr);
    }
  });

  it("leaves no process behind when the proxy's port is taken", async () => {
    const other = await startServerProcess(["--data", join(folder, "taken")]);
    const { status, stderr } = failingServe("--proxy-port", new URL(other.url).port);
    assert.match(
      stderr,
      /the forward proxy cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE.*another --proxy-port/,
    );
    assert.equal(status, 2);
    assert.equal(await other.end("SIGTERM"), 0);
  });
});
