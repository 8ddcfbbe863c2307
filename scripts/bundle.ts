// Turns the program and what it depends on into a few files. Reading some 700 modules one by one is most of a start:
// with the compile cache, as CPU time, the modules took ten times as long as bare `node:http`, the bundle three times.
import { writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { type Plugin, rolldown } from "rolldown";
import { root } from "./steps.ts";

const source = join(root, "src");
const dist = join(root, "dist");

/** What is loaded through the bundle, by its name there. Together, so that both know the same classes. */
const DOORS = { program: "cli/program", index: "index" } as const;

/** Loaded only where they are asked for, from where they are installed. */
const OPTIONAL = [/^@opentelemetry\//];

/** Bundles into `dist/bundle`, and makes the compiled modules of the doors lead there. */
export async function bundle(): Promise<void> {
  const input = Object.fromEntries(
    Object.entries(DOORS).map(([name, module]) => [name, join(source, `${module}.ts`)]),
  );
  const made = await rolldown({
    input,
    platform: "node",
    external: OPTIONAL,
    plugins: [placesKept],
  });
  const { output } = await made.write({
    dir: join(dist, "bundle"),
    // CommonJS, because an ES module that imports `node:http` loads all that this offers, a browser's fetch too.
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name].cjs",
  });
  for (const chunk of output) {
    if (chunk.type !== "chunk" || !chunk.isEntry) continue;
    const module = DOORS[chunk.name as keyof typeof DOORS];
    writeFileSync(join(dist, `${module}.js`), door(module, chunk.fileName, chunk.exports));
  }
}

function door(module: string, file: string, names: readonly string[]): string {
  const path = relative(dirname(module), `bundle/${file}`);
  return `import { createRequire } from "node:module";
export const { ${names.join(", ")} } = createRequire(import.meta.url)("./${path}");
`.replace('("./../', '("../');
}

/** Modules that look for files beside them find them where the compiler put their own compiled form. */
const placesKept: Plugin = {
  name: "places-kept",
  transform(code, path) {
    if (!path.startsWith(source) || !code.includes("import.meta.")) return undefined;
    const compiled = `../${relative(source, path).replace(/\.ts$/, ".js")}`;
    const file = `require("node:path").join(__dirname, ${JSON.stringify(compiled)})`;
    return code
      .replaceAll("import.meta.url", `require("node:url").pathToFileURL(${file}).href`)
      .replaceAll("import.meta.dirname", `require("node:path").dirname(${file})`);
  },
};
