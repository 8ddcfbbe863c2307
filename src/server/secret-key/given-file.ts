import { readFileSync, type Stats, statSync } from "node:fs";
import type { SecretKeySource } from "../../access/secrets/secret-keys.ts";
import { DomainError } from "../../core/errors.ts";
import { keysIn, LONGEST_TEXT } from "./key-text.ts";

const OTHERS = 0o007;
const GROUP = 0o070;
const GROUP_WRITES = 0o020;

/**
 * The key in a file that somebody else puts there, e.g. a mounted secret: it may be a link and read-only, and is read again
 * when the key is rotated.
 */
export function givenSecretKeyFile(file: string): SecretKeySource {
  const name = `secretKeyFile (${file})`;
  return {
    name,
    read: async () => keysIn(textOf(file), name),
    settled: () => {},
  };
}

/** @throws DomainError `StoreUnavailable` */
function textOf(file: string): string {
  let stat: Stats;
  try {
    stat = statSync(file);
  } catch (error) {
    throw unusable(file, `cannot be read (${codeOf(error)})`, "mount or make it before the start");
  }
  if (!stat.isFile()) throw unusable(file, "is no file", "give the path of the file itself");
  if (stat.size > LONGEST_TEXT) {
    throw unusable(file, `has ${stat.size} bytes`, "give a file that has nothing but the key");
  }
  refuseExposed(file, stat);
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw unusable(
      file,
      `cannot be read (${codeOf(error)})`,
      "let the user of this process read it",
    );
  }
}

/** A file of another user is read by way of its group, as mounts of Kubernetes with `fsGroup` are. */
function refuseExposed(file: string, { mode, uid }: Stats): void {
  if (process.platform === "win32") return;
  const isOwn = uid === process.getuid?.();
  if ((mode & (isOwn ? OTHERS | GROUP : OTHERS | GROUP_WRITES)) === 0) return;
  const found = (mode & 0o777).toString(8).padStart(4, "0");
  throw unusable(
    file,
    `can be read or written by others (mode ${found}, expected ${isOwn ? "0600 or 0400" : "0440 or 0400"})`,
    "chmod it, or set the mode where it is mounted (defaultMode: 0400 in Kubernetes, mode: 0400 in Docker)",
  );
}

function unusable(file: string, found: string, todo: string): DomainError {
  return new DomainError("StoreUnavailable", `secretKeyFile: ${file} ${found}; ${todo}`, {
    location: file,
  });
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
