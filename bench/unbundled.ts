// A profile of the build names the bundle; what is wanted is which source file, as the bundle's own comments say.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CpuProfile } from "./report/shares.ts";

const FILE = /^\s*\/\/(?:#region)? ((?:src|node_modules)\/\S+)$/;

interface Part {
  readonly line: number;
  readonly path: string;
}

/** The profile with every place in a bundle replaced by the file that it was bundled from. */
export function unbundled(profile: CpuProfile, read = readText): CpuProfile {
  const bundles = new Map<string, readonly Part[]>();
  const nodes = profile.nodes.map((node) => {
    const { url, lineNumber } = node.callFrame;
    if (!url.endsWith(".cjs") || !url.includes("/dist/bundle/")) return node;
    const parts = bundles.get(url) ?? partsOf(read(url));
    bundles.set(url, parts);
    const part = parts.findLast(({ line }) => line <= lineNumber);
    if (part === undefined) return node;
    const place = { url: `/${part.path}`, lineNumber: lineNumber - part.line - 1 };
    return { ...node, callFrame: { ...node.callFrame, ...place } };
  });
  return { ...profile, nodes };
}

function partsOf(text: string): readonly Part[] {
  return text.split("\n").flatMap((content, line) => {
    const path = FILE.exec(content)?.[1];
    return path === undefined ? [] : [{ line, path }];
  });
}

function readText(url: string): string {
  return readFileSync(url.startsWith("file:") ? fileURLToPath(url) : url, "utf8");
}
