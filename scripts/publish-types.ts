import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const RELATIVE_IMPORT = /(?<=(?:from |import\()")(\.[^"]*)\.ts(?=")/g;

/**
 * Keeps the declarations in `folder` that the entries import, directly or not, and removes the others. Makes them import
 * `.js` files, as the compiled modules do: the compiler leaves the `.ts` of the sources in declarations.
 */
export function publishTypes(folder: string, entries: readonly string[]): void {
  const kept = new Set<string>();
  const left = [...entries];
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (kept.has(file)) continue;
    kept.add(file);
    const text = readFileSync(join(folder, file), "utf8");
    for (const [, path = ""] of text.matchAll(RELATIVE_IMPORT)) {
      left.push(join(dirname(file), `${path}.d.ts`));
    }
    writeFileSync(join(folder, file), text.replaceAll(RELATIVE_IMPORT, "$1.js"));
  }
  for (const file of globSync("**/*.d.ts", { cwd: folder })) {
    if (!kept.has(file)) rmSync(join(folder, file));
  }
}
