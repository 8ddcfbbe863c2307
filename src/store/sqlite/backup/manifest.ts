import { createHash } from "node:crypto";
import { createReadStream, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DomainError } from "../../../core/errors.ts";
import type { Contents } from "./verify.ts";

export const MANIFEST = "backup.json";
const FORMAT = 1;
/** Some hundred thousand files. */
const LARGEST_BYTES = 64 * 1024 * 1024;
/** A version, or a moment. */
const SHORT_TEXT = /^[\w.:+-]{1,64}$/;

/** The contents of a backup. It is written last, so that a directory without it is no backup. */
export interface Manifest extends Contents {
  readonly format: number;
  /** The version of Taskscribe that made it. */
  readonly version: string;
  /** The moment whose state it holds, ISO 8601. */
  readonly at: string;
  /** Whether it contains the secret key and the local CA. */
  readonly secrets: boolean;
  /** Whether parts of it are encrypted with a secret key. */
  readonly needsSecretKey: boolean;
  readonly files: readonly BackedUpFile[];
}

export interface BackedUpFile {
  /** Relative to the directory, with `/`. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export function newManifest(parts: Omit<Manifest, "format">): Manifest {
  return { format: FORMAT, ...parts };
}

/** @throws DomainError if it is no backup, or one of a newer Taskscribe */
export function readManifest(directory: string): Manifest {
  const file = join(directory, MANIFEST);
  const advice = "name the directory that taskscribe backup wrote";
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readPlain(file)) as Manifest;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DomainError(
      "InvalidParameter",
      `${directory} is not a backup (${reason}); ${advice}`,
    );
  }
  if (isManifest(manifest)) return manifest;
  const { format, version } = (manifest ?? {}) as Partial<Manifest>;
  if (Number.isSafeInteger(format) && format !== FORMAT) {
    const by = SHORT_TEXT.test(String(version)) ? ` (${version})` : "";
    throw new DomainError(
      "InvalidParameter",
      `${file} has the format ${format}, expected ${FORMAT}; use the Taskscribe that made it${by}`,
    );
  }
  throw new DomainError(
    "InvalidParameter",
    `${directory} is not a backup (${MANIFEST} lacks what every backup says of itself); ${advice}`,
  );
}

function readPlain(file: string): string {
  const stat = lstatSync(file);
  if (!stat.isFile()) throw new Error(`${MANIFEST} is a link or no file`);
  if (stat.size > LARGEST_BYTES) throw new Error(`${MANIFEST} has ${stat.size} bytes`);
  return readFileSync(file, "utf8");
}

/** Whether everything but its list of files is what a backup says of itself. */
function isManifest(manifest: Manifest | null): manifest is Manifest {
  if (manifest === null || typeof manifest !== "object") return false;
  const { format, files, tasks, archived, position } = manifest;
  const counts = [tasks, archived, position].every((count) => Number.isSafeInteger(count));
  const flags = [manifest.secrets, manifest.needsSecretKey].every((is) => typeof is === "boolean");
  const texts = SHORT_TEXT.test(manifest.version) && SHORT_TEXT.test(manifest.at);
  return format === FORMAT && Array.isArray(files) && counts && flags && texts;
}

export async function describeFile(directory: string, name: string): Promise<BackedUpFile> {
  const sha256 = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(join(directory, name)) as AsyncIterable<Buffer>) {
    sha256.update(chunk);
    bytes += chunk.length;
  }
  return { name, bytes, sha256: sha256.digest("hex") };
}
