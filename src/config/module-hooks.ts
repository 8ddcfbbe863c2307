// How a configuration file and the modules that it imports are loaded.
import { readFileSync } from "node:fs";
import { type LoadFnOutput, type LoadHookContext, registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { withoutText } from "./source-text.ts";

/** The names of this package, and the modules of this very program that they stand for. */
const OWN_NAMES: ReadonlyMap<string, string> = new Map([
  ["taskscribe", "../index"],
  ["taskscribe/client", "../client/index"],
]);

let loadedFiles: string[] | undefined;

/**
 * Changes how modules are loaded from now on, in two ways:
 * - The name of this package leads to the program that runs, wherever the file is and whatever is installed there: a
 *   `TerminalError` of another copy would be an error like any other.
 * - A file that is written with `import` and `export` is an ES module, also in a package whose package.json says
 *   `"type": "commonjs"` (what `npm init` writes) or says nothing.
 *
 * Returns the files outside of node_modules that were loaded since, in their order; the list goes on growing.
 */
export function hookModules(): readonly string[] {
  if (loadedFiles !== undefined) return loadedFiles;
  const files: string[] = [];
  loadedFiles = files;
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  registerHooks({
    resolve(specifier, context, next) {
      const module = OWN_NAMES.get(specifier);
      if (module === undefined) return next(specifier, context);
      return { url: new URL(`${module}${extension}`, import.meta.url).href, shortCircuit: true };
    },
    load(url, context, next) {
      if (!url.startsWith("file:") || url.includes("/node_modules/")) return next(url, context);
      return loadFile(url, context, next, files);
    },
  });
  return files;
}

function loadFile(
  url: string,
  context: LoadHookContext,
  next: (url: string, context: LoadHookContext) => LoadFnOutput,
  files: string[],
): LoadFnOutput {
  const path = fileURLToPath(url);
  files.push(path);
  const isTypeScript = /\.[cm]?ts$/.test(path);
  const mayBeCommonJs = /^commonjs/.test(context.format ?? "commonjs");
  if (!mayBeCommonJs || !(isTypeScript || /\.[cm]?js$/.test(path)) || !isWrittenAsModule(path)) {
    return next(url, context);
  }
  return next(url, { ...context, format: isTypeScript ? "module-typescript" : "module" });
}

/** Whether it is an ES module by what is written in it. `import type` alone does not decide. */
function isWrittenAsModule(path: string): boolean {
  const code = withoutText(readFileSync(path, "utf8"));
  if (
    /^\s*(?:import(?!\s+type\b)(?:\s+[\w{*]|\s*["'{*])|export\s+(?:default|const|let|function|async|class|\{|\*))/m.test(
      code,
    )
  ) {
    return !/^\s*import\s+\w+\s*=\s*require\b/m.test(code);
  }
  const typesOnly = /^\s*(?:import|export)\s+type\b/m.test(code);
  return typesOnly && !/\b(?:module\.exports|exports\.\w+\s*=)/.test(code);
}
