import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where a running server is. Other programs of the same user read it, such as `taskscribe env`. */
export interface Announcement {
  readonly url: string;
  readonly proxyUrl?: string | undefined;
  readonly caFile?: string | undefined;
  /** A bearer token that allows its holder to manage keys from this machine. */
  readonly operatorToken?: string | undefined;
}

const FILE = "server.json";

/**
 * Writes the announcement into the data directory. It is a convenience only: if the disk is full, the server starts
 * without it.
 */
export function announce(directory: string, announcement: Announcement): { takeBack(): void } {
  const file = join(directory, FILE);
  try {
    rmSync(file, { force: true }); // only a new file gets the mode below
    const told = JSON.stringify({ ...announcement, pid: process.pid });
    writeFileSync(file, told, { mode: 0o600, flag: "wx" });
  } catch {
    return { takeBack: () => {} };
  }
  return { takeBack: () => rmSync(file, { force: true }) };
}

/** The announcement of the server that runs on this data directory; undefined if none does. */
export function announcedIn(directory: string): Announcement | undefined {
  try {
    const { pid, ...announcement } = JSON.parse(readFileSync(join(directory, FILE), "utf8"));
    process.kill(pid, 0); // signal 0 only asks; it throws if the process is gone, as after a crash
    return announcement;
  } catch {
    return undefined;
  }
}
