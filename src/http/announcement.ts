import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where a running server is, for other programs of the same user: `taskscribe env` reads it. */
export interface Announcement {
  readonly url: string;
  readonly proxyUrl?: string | undefined;
  readonly caFile?: string | undefined;
  /** Lets whoever may read this manage keys, from this machine. */
  readonly operatorToken?: string | undefined;
}

const FILE = "server.json";

/** Tells it in the data directory. Serves convenience only: a full disk keeps no server from starting. */
export function announce(directory: string, announcement: Announcement): { takeBack(): void } {
  const file = join(directory, FILE);
  try {
    rmSync(file, { force: true }); // a mode is given to a new file only
    const told = JSON.stringify({ ...announcement, pid: process.pid });
    writeFileSync(file, told, { mode: 0o600, flag: "wx" });
  } catch {
    return { takeBack: () => {} };
  }
  return { takeBack: () => rmSync(file, { force: true }) };
}

/** Of the server that runs on this data directory; undefined if none does. */
export function announcedIn(directory: string): Announcement | undefined {
  try {
    const { pid, ...announcement } = JSON.parse(readFileSync(join(directory, FILE), "utf8"));
    process.kill(pid, 0); // asks only; throws if the process is gone, as after a crash
    return announcement;
  } catch {
    return undefined;
  }
}
