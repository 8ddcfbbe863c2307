import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mock, test } from "node:test";
import { connect } from "node:tls";
import { openLocalCertificates } from "./ca.ts";
import { localTls, renewOwnCertificate } from "./tls.ts";
import { ServedNames } from "./tls-names.ts";

async function agreed(port: number, ciphers: string): Promise<string> {
  const socket = connect({ port, rejectUnauthorized: false, maxVersion: "TLSv1.2", ciphers });
  try {
    await once(socket, "secureConnect");
    return socket.getCipher().name;
  } catch {
    return "refused";
  } finally {
    socket.destroy();
  }
}

test("row 26: the rules hold after the server's own certificate was renewed, too", async () => {
  const folder = mkdtempSync(join(tmpdir(), "taskscribe-rules-"));
  const certificates = await openLocalCertificates(folder);
  const server = createServer(await localTls(certificates, new ServedNames([["cs"]])));
  mock.timers.enable({ apis: ["setInterval"] });
  renewOwnCertificate(server, certificates);
  const renewed = Promise.withResolvers<void>();
  const { setSecureContext } = server;
  server.setSecureContext = (details) => {
    setSecureContext.call(server, details);
    renewed.resolve();
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    mock.timers.tick(7 * 3_600_000);
    await renewed.promise;
    assert.equal(await agreed(port, "ECDHE-ECDSA-AES128-SHA"), "refused");
    const suite = "ECDHE-ECDSA-AES128-GCM-SHA256";
    assert.equal(await agreed(port, suite), suite);
  } finally {
    server.close();
    mock.timers.reset();
    rmSync(folder, { recursive: true });
  }
});
