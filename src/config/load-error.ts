// Says in words why a configuration file could not be loaded, and where in it.
import { existsSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { positionOfQuoted, type SourcePosition } from "./source-text.ts";

/** Where this program's own modules are, whose lines in a stack are no mistake of the file. */
const OWN_ROOT = dirname(import.meta.dirname);

interface Site extends Partial<SourcePosition> {
  readonly file: string;
}

/** `loaded`: the files that were loaded for it so far, in their order. */
export function explainLoadError(error: unknown, path: string, loaded: readonly string[]): string {
  if (!(error instanceof Error))
    return `${path}: it threw ${JSON.stringify(error) ?? String(error)} while it was loaded`;
  const missing = missingModule(error, path);
  if (missing !== undefined) return missing;
  if (error instanceof SyntaxError) {
    const site = siteInHeader(error) ?? siteOfSyntaxError([path, ...loaded]) ?? { file: path };
    return `${siteText(site)}: it cannot be read: ${error.message}`;
  }
  const site = siteInStack(error) ?? { file: path };
  return `${siteText(site)}: it failed while it was loaded: ${error.message}`;
}

function siteText({ file, line, column }: Site): string {
  return [file, line, column].filter((part) => part !== undefined).join(":");
}

/** `Cannot find package 'x' imported from FILE`, or of CommonJS `Cannot find module 'x'` with the files that ask. */
function missingModule(error: Error, path: string): string | undefined {
  const { code, requireStack } = error as { code?: unknown; requireStack?: readonly string[] };
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return undefined;
  const [, name = "", importer = requireStack?.[0] ?? path] =
    /^Cannot find \w+ '([^']+)'(?: imported from (.+))?/.exec(error.message) ?? [];
  const source = existsSync(importer) ? readFileSync(importer, "utf8") : "";
  const written = specifiersIn(source).find(
    (one) => one === name || resolve(dirname(importer), one) === name,
  );
  const position = positionOfQuoted(source, written ?? name);
  const where = siteText({ file: importer, ...position });
  const isFile = /^[./]/.test(written ?? name);
  const advice = isFile
    ? "correct the path, which has to end as the file does (.ts, .js, ...)"
    : `install it (npm install ${name}), or correct the name`;
  return `${where}: import "${written ?? name}": there is no such ${isFile ? "file" : "package"}; ${advice}`;
}

function specifiersIn(source: string): readonly string[] {
  return [...source.matchAll(/["']([^"'\n]+)["']/g)].map(([, text = ""]) => text);
}

/** Node writes where many syntax errors are above the stack: `FILE:LINE`, some lines of source, and a caret. */
function siteInHeader({ stack = "" }: Error): Site | undefined {
  const [, file, line, source = ""] =
    /^(\S.*):(\d+)\n([\s\S]*?)\n\n?\w*SyntaxError/.exec(stack) ?? [];
  if (file === undefined) return undefined;
  const caret = source.split("\n").findLast((one) => /^ *\^+ *$/.test(one));
  const column = caret === undefined ? {} : { column: caret.indexOf("^") + 1 };
  return {
    file: file.startsWith("file:") ? fileURLToPath(file) : file,
    line: Number(line),
    ...column,
  };
}

/** Finds a syntax error with the parser of TypeScript, because V8 does not say where it is. */
function siteOfSyntaxError(files: readonly string[]): Site | undefined {
  for (const file of new Set(files)) {
    try {
      quietly(() => stripTypeScriptTypes(readFileSync(file, "utf8"), { sourceUrl: file }));
    } catch (error) {
      if (error instanceof SyntaxError) return siteInHeader(error);
    }
  }
  return undefined;
}

/** Without the warning that this part of Node is experimental: it comes at the first use only, as a warning event. */
function quietly<T>(action: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return action();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** The first line of the stack that is neither Node's nor this program's. */
function siteInStack({ stack = "" }: Error): Site | undefined {
  for (const [, where = "", line, column] of stack.matchAll(
    /\(?((?:file:\/\/)?\/[^\s()]*):(\d+):(\d+)\)?$/gm,
  )) {
    const file = where.startsWith("file:") ? fileURLToPath(where) : where;
    if (!file.startsWith(`${OWN_ROOT}/`))
      return { file, line: Number(line), column: Number(column) };
  }
  return undefined;
}
