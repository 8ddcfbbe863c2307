import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

/* Row 26, with real handshakes: the local CA, one's own certificate (EC and RSA), and the forward proxy. */

const OPENSSL = "openssl";
const folder = mkdtempSync(join(tmpdir(), "taskscribe-suites-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const CBC = [
  "ECDHE-ECDSA-AES128-SHA256",
  "ECDHE-ECDSA-AES256-SHA384",
  "ECDHE-ECDSA-AES128-SHA",
  "ECDHE-RSA-AES128-SHA256",
  "ECDHE-RSA-AES256-SHA",
  "AES128-SHA",
];
const NO_FORWARD_SECRECY = ["AES128-GCM-SHA256", "AES256-GCM-SHA384"];
const AEAD = ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"];

interface Place {
  readonly server: ServerProcess;
  readonly data: string;
  readonly port: number;
  /** Suites begin with ECDHE- and this. */
  readonly kind: "ECDSA" | "RSA";
  /** Opens the connection that TLS is spoken on, if not directly. */
  readonly tunnel?: number;
}

/** The suite that both sides agree on, or the error. */
async function agreed({ port, tunnel }: Place, options: ConnectionOptions): Promise<string> {
  const common = { rejectUnauthorized: false, servername: "cs.cn-hangzhou.aliyuncs.com" };
  const target =
    tunnel === undefined ? { port, host: "127.0.0.1" } : { socket: await tunnelTo(tunnel) };
  const socket: TLSSocket = connectTls({ ...common, ...target, ...options });
  try {
    await once(socket, "secureConnect");
    return `${socket.getProtocol()} ${socket.getCipher().name}`;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  } finally {
    socket.destroy();
  }
}

async function tunnelTo(port: number) {
  const socket = connect(port, "127.0.0.1");
  const host = "cs.cn-hangzhou.aliyuncs.com:443";
  socket.write(`CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await once(socket, "data");
  return socket;
}

function certificate(name: string, ...newKey: readonly string[]) {
  const files = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  const out = ["-keyout", files.key, "-out", files.cert];
  execFileSync(
    OPENSSL,
    ["req", "-x509", ...newKey, "-nodes", "-subj", "/CN=mine", "-days", "2", ...out],
    { stdio: "ignore" },
  );
  return ["--tls-cert", files.cert, "--tls-key", files.key];
}

const starts: Readonly<Record<string, () => Promise<Place>>> = {
  "--tls": async () => place(["--tls"], "ECDSA"),
  "--tls-cert with an EC key": async () =>
    place(certificate("ec", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"), "ECDSA"),
  "--tls-cert with an RSA key": async () => place(certificate("rsa", "-newkey", "rsa:2048"), "RSA"),
  "--proxy-port": async () => {
    const found = await place(["--proxy-port", "0"], "ECDSA");
    const { proxyUrl } = JSON.parse(readFileSync(join(found.data, "server.json"), "utf8"));
    return { ...found, tunnel: Number(new URL(proxyUrl).port) };
  },
};

async function place(args: readonly string[], kind: Place["kind"]): Promise<Place> {
  const data = mkdtempSync(join(folder, "data-"));
  const server = await startServerProcess(["--data", data, ...args]);
  return { server, data, port: Number(new URL(server.url).port), kind };
}

for (const [name, start] of Object.entries(starts))
  describe(`row 26: ${name}`, () => {
    let at: Place;
    before(async () => {
      at = await start();
    });
    after(async () => assert.equal(await at.server.end("SIGTERM"), 0));

    it("refuses every suite with CBC, and every one without forward secrecy", async () => {
      for (const suite of [...CBC, ...NO_FORWARD_SECRECY]) {
        const options = { maxVersion: "TLSv1.2", ciphers: `${suite}:@SECLEVEL=0` } as const;
        assert.match(await agreed(at, options), /^(ERR_SSL|ECONNRESET|EPROTO)/, suite);
      }
    });

    it("agrees on AEAD suites with ECDHE in TLS 1.2, and on TLS 1.3", async () => {
      for (const suite of AEAD) {
        const ciphers = `ECDHE-${at.kind}-${suite}`;
        assert.equal(await agreed(at, { maxVersion: "TLSv1.2", ciphers }), `TLSv1.2 ${ciphers}`);
      }
      assert.match(await agreed(at, {}), /^TLSv1\.3 TLS_/);
    });

    it("speaks nothing older than TLS 1.2", async () => {
      for (const version of ["TLSv1", "TLSv1.1"] as const) {
        const options = { minVersion: version, maxVersion: version, ciphers: "ALL:@SECLEVEL=0" };
        assert.match(await agreed(at, options), /^(ERR_SSL|ECONNRESET|EPROTO)/, version);
      }
    });
  });

describe("row 26: renegotiation", () => {
  it("is refused, and the connection ends", async () => {
    const { server, port } = await place(["--tls"], "ECDSA");
    const child = spawn(OPENSSL, ["s_client", "-connect", `127.0.0.1:${port}`, "-tls1_2"]);
    let output = "";
    const collect = (text: string) => {
      const greeted = output.includes("Verify return code");
      output += text;
      if (!greeted && output.includes("Verify return code")) child.stdin.write("R\n");
      if (/RENEGOTIATING/.test(output) && /no renegotiation|alert|error/i.test(output))
        child.stdin.end();
    };
    child.stdout.setEncoding("utf8").on("data", collect);
    child.stderr.setEncoding("utf8").on("data", collect);
    await once(child, "close");
    assert.match(output, /RENEGOTIATING[\s\S]*no renegotiation/i);
    assert.equal(await server.end("SIGTERM"), 0);
  });
});
