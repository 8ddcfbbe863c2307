import { readFileSync } from "node:fs";

/** The version in package.json, which lies two folders up both in the sources and in the build. */
export function packageVersion(): string {
  const file = new URL("../../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return version;
}
