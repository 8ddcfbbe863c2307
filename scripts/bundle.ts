// Bundles the program and its dependencies into a few files. Most of a start is reading some 700 modules one by one. Even with
// the compile cache, the modules took ten times the CPU time of bare `node:http`, and the bundle three times.
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { type OutputChunk, type Plugin, rolldown } from "rolldown";
import { root } from "./steps.ts";

const source = join(root, "src");

/** The program and the library by their names in the bundle. They are bundled together, so that both know the same classes. */
const ENTRIES = { program: "cli/program", index: "index" } as const;

/** Each of these runs in its own thread, so each is a bundle of its own. */
const THREADS = {
  "writer-thread": "store/sqlite/writer-thread",
  "access-writer-thread": "store/sqlite/access/access-writer-thread",
} as const;

/** The client library is one ES module, for browsers too. */
const CLIENT = "client/index";

/** Packages that are not bundled. They are loaded on demand from where they are installed. */
const OPTIONAL = [/^@opentelemetry\//];

/** Files that are copied unchanged, because they are read at run time or must run on an older Node. */
const COPIED = [
  "store/sqlite/migrations",
  "cli/clients/node-proxy.cjs",
  "cli/taskscribe.cjs",
  "node-version.cjs",
];

/**
 * Makes all that runs: bundles into `bundle` of the folder `dist`, makes the compiled modules of the entries lead there, and copies
 * what is not compiled. The package.json of the program is looked for beside `dist`.
 */
export async function bundle(dist: string): Promise<void> {
  for (const path of COPIED) cpSync(join(source, path), join(dist, path), { recursive: true });
  await bundleTogether(dist, ENTRIES);
  for (const [name, module] of Object.entries(THREADS)) {
    await bundleTogether(dist, { [name]: module });
  }
  const client = await rolldown({ input: join(source, `${CLIENT}.ts`), platform: "neutral" });
  await client.write({ file: join(dist, `${CLIENT}.js`), format: "esm" });
}

async function bundleTogether(
  dist: string,
  entries: Readonly<Record<string, string>>,
): Promise<void> {
  const input = Object.fromEntries(
    Object.entries(entries).map(([name, module]) => [name, join(source, `${module}.ts`)]),
  );
  const made = await rolldown({ input, platform: "node", external: OPTIONAL, plugins: [ownPaths] });
  const { output } = await made.write({
    dir: join(dist, "bundle"),
    // CommonJS, because an ES module that imports `node:http` loads all that this offers, a browser's fetch too.
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name].cjs",
  });
  for (const chunk of output) {
    if (chunk.type !== "chunk" || !chunk.isEntry) continue;
    const module = entries[chunk.name];
    if (module === undefined) continue;
    const file = join(dist, `${module}.js`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, loader(module, chunk));
  }
}

/** An ES module that hands on what a bundled file exports. The library says in words that a Node is too old for it. */
function loader(module: string, { fileName, exports }: OutputChunk): string {
  const to = (path: string) => relative(dirname(module), path).replace(/^(?!\.)/, "./");
  const load = `require("${to(`bundle/${fileName}`)}")`;
  return [
    'import { createRequire } from "module";',
    "const require = createRequire(import.meta.url);",
    ...(module === ENTRIES.index
      ? [
          `const problem = require("${to("node-version.cjs")}").tooOld();`,
          "if (problem !== undefined) throw new Error(problem);",
        ]
      : []),
    exports.length === 0 ? `${load};` : `export const { ${exports.join(", ")} } = ${load};`,
    "",
  ].join("\n");
}

/** Modules that look for files beside them find them where the compiler put their own compiled form. */
const ownPaths: Plugin = {
  name: "own-paths",
  transform(code, path) {
    if (!path.startsWith(source) || !code.includes("import.meta.")) return undefined;
    const compiled = `../${relative(source, path).replace(/\.ts$/, ".js")}`;
    const file = `require("node:path").join(__dirname, ${JSON.stringify(compiled)})`;
    return code
      .replaceAll("import.meta.url", `require("node:url").pathToFileURL(${file}).href`)
      .replaceAll("import.meta.dirname", `require("node:path").dirname(${file})`);
  },
};
