import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

/** Resolves when a server listens on the port. @throws Error after `patienceMs`. */
export async function listening(port: number, patienceMs: number): Promise<void> {
  for (const end = performance.now() + patienceMs; performance.now() < end; ) {
    if (await accepts(port)) return;
    await sleep(20);
  }
  throw new Error(`nobody listened on port ${port} within ${patienceMs} ms`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
