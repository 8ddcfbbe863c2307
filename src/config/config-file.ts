// Finds, loads and checks the configuration file.
import { existsSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigError } from "./config-error.ts";
import { refuseUnknownKeys, WrongValue } from "./kinds.ts";
import { explainLoadError } from "./load-error.ts";
import { hookModules } from "./module-hooks.ts";
import { type Config, SETTING_NAMES, SETTINGS } from "./settings.ts";
import { positionOfKey } from "./source-text.ts";

/** The endings of a configuration file's name. If no file is named, the current directory is searched in this order. */
export const CONFIG_EXTENSIONS = ["ts", "mts", "cts", "js", "mjs", "cjs"] as const;

/** How long a configuration file may take to load, in ms. After that the start is refused. */
const LOAD_MS = 30_000;

/** @throws ConfigError with file, line and key, what was found and what to give. */
export async function readConfigFile(named: string | undefined): Promise<Partial<Config>> {
  const candidates = CONFIG_EXTENSIONS.map((extension) => `taskscribe.config.${extension}`);
  const file = named ?? candidates.find((candidate) => existsSync(candidate));
  if (file === undefined) return {};
  const path = resolve(file);
  refuseWrongFile(path);
  return checked(path, await defaultExport(path));
}

function refuseWrongFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  const endings = CONFIG_EXTENSIONS.map((extension) => `.${extension}`).join(", ");
  if (found === undefined) {
    throw new ConfigError(
      `${path}: there is no such file; name a configuration file with --config`,
    );
  }
  if (!found.isFile()) {
    throw new ConfigError(`${path}: it is not a file; name one that ends in ${endings}`);
  }
  if (!CONFIG_EXTENSIONS.some((extension) => path.endsWith(`.${extension}`))) {
    throw new ConfigError(
      `${path}: this kind of file cannot be read; name one that ends in ${endings}`,
    );
  }
}

async function defaultExport(path: string): Promise<object> {
  const loaded = await load(path);
  const found = withoutWrapper(loaded["default"] ?? loaded["config"]);
  if (typeof found === "object" && found !== null && !Array.isArray(found)) return found;
  const what = found === undefined ? "there is none" : `found ${typeof found}`;
  const isCommonJs = /\.c[jt]s$/.test(path);
  const form = isCommonJs ? "module.exports = defineConfig" : "export default defineConfig";
  throw new ConfigError(`${path}: default export: ${what}; write ${form}({ ... })`);
}

/** Reads `export default` in the form that a compiler to CommonJS writes. */
function withoutWrapper(found: unknown): unknown {
  const isWrapped = typeof found === "object" && found !== null && "__esModule" in found;
  return isWrapped ? Reflect.get(found, "default") : found;
}

async function load(path: string): Promise<Record<string, unknown>> {
  const files = hookModules();
  const before = files.length;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`it did not finish loading within ${LOAD_MS / 1_000} s`)),
    LOAD_MS,
  );
  try {
    return await Promise.race([import(pathToFileURL(path).href), late.promise]);
  } catch (cause) {
    throw new ConfigError(explainLoadError(cause, path, files.slice(before)), { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** The settings of the file, as their kinds read them. An empty value means not set. */
function checked(path: string, found: object): Partial<Config> {
  try {
    refuseUnknownKeys(found, SETTING_NAMES);
    const settings = SETTING_NAMES.flatMap((name) => {
      const value: unknown = Reflect.get(found, name);
      const isUnset = value === undefined || (typeof value === "string" && value.trim() === "");
      return isUnset ? [] : [[name, readSetting(name, value)] as const];
    });
    return Object.fromEntries(settings);
  } catch (error) {
    if (!(error instanceof WrongValue)) throw error;
    const position = positionOfKey(readFileSync(path, "utf8"), error.path);
    const where = position === undefined ? path : `${path}:${position.line}:${position.column}`;
    throw new ConfigError(`${where}: ${keyText(error.path)}: ${error.message}`);
  }
}

function readSetting(name: keyof typeof SETTINGS, value: unknown): unknown {
  try {
    return SETTINGS[name].kind.read(value);
  } catch (error) {
    if (error instanceof WrongValue) throw new WrongValue(error.message, [name, ...error.path]);
    throw error;
  }
}

/** `keys[1].account` */
function keyText(path: readonly (string | number)[]): string {
  return path
    .map((key, index) => (typeof key === "number" ? `[${key}]` : index === 0 ? key : `.${key}`))
    .join("");
}
