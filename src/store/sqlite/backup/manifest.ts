import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { DomainError } from "../../../core/errors.ts";
import type { Contents } from "./verify.ts";

export const MANIFEST = "backup.json";
const FORMAT = 1;

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
    manifest = JSON.parse(readFileSync(file, "utf8")) as Manifest;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DomainError(
      "InvalidParameter",
      `${directory} is not a backup (${reason}); ${advice}`,
    );
  }
  if (manifest.format === FORMAT && Array.isArray(manifest.files)) return manifest;
  throw new DomainError(
    "InvalidParameter",
    `${file} has the format ${manifest.format}, expected ${FORMAT}; use the Taskscribe that made it (${manifest.version})`,
  );
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
