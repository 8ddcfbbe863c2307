// Puts the configuration together. One rule for every setting, wherever it comes from: empty means not set.
import { ConfigError } from "./config-error.ts";
import { readConfigFile } from "./config-file.ts";
import { WrongValue } from "./kinds.ts";
import { refuseTwoSecretKeys } from "./secret-key-settings.ts";
import {
  type Config,
  DEFAULT_CONFIG,
  environmentName,
  optionName,
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
} from "./settings.ts";

/** Settings as they stand on a command line. */
export type OptionTexts = { readonly [Name in SettingName]?: string };

export interface LoadOptions {
  /** The configuration file that the command line names. */
  readonly file?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

/** The variable that names the configuration file. */
export const CONFIG_VARIABLE = "TASKSCRIBE_CONFIG";

/**
 * Reads the settings: the command line goes before the environment, then the file, then the defaults.
 * @throws ConfigError saying which setting, what was found and what to give.
 */
export async function loadConfig(
  options: OptionTexts,
  { file, env = process.env }: LoadOptions = {},
): Promise<Config> {
  const named = textSet(file) ?? textSet(env[CONFIG_VARIABLE]);
  const fromFile = await readConfigFile(named);
  const fromText = SETTING_NAMES.filter((name) => SETTINGS[name].by !== "file").flatMap((name) => {
    const option = textSet(options[name]);
    const text = option ?? textSet(env[environmentName(name)]);
    if (text === undefined) return [];
    return [[name, read(name, text, option ? optionName(name) : environmentName(name))] as const];
  });
  const config: Config = { ...DEFAULT_CONFIG, ...fromFile, ...Object.fromEntries(fromText) };
  refuseTwoSecretKeys(config, environmentName);
  return withTls({
    ...config,
    tracesEndpoint: config.tracesEndpoint ?? openTelemetryEndpoint(env),
  });
}

/** The text; undefined if it is empty or blank, which counts as not set. */
export function textSet(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === "" ? undefined : text;
}

function read(name: SettingName, text: string, source: string): unknown {
  try {
    return SETTINGS[name].kind.read(text);
  } catch (error) {
    if (error instanceof WrongValue) throw new ConfigError(`${source}: ${error.message}`);
    throw error;
  }
}

/** OpenTelemetry's own variables, which every program that sends traces reads. */
function openTelemetryEndpoint(env: NodeJS.ProcessEnv): string | undefined {
  if (env["OTEL_SDK_DISABLED"] === "true" || env["OTEL_TRACES_EXPORTER"] === "none") {
    return undefined;
  }
  const base = textSet(env["OTEL_EXPORTER_OTLP_ENDPOINT"]);
  return (
    textSet(env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]) ??
    (base ? `${base.replace(/\/$/, "")}/v1/traces` : undefined)
  );
}

function withTls(config: Config): Config {
  const { tlsCert, tlsKey } = config;
  if ((tlsCert === undefined) === (tlsKey === undefined)) {
    return { ...config, tls: config.tls || tlsCert !== undefined };
  }
  const [missing, other] = tlsCert === undefined ? ["tlsCert", "tlsKey"] : ["tlsKey", "tlsCert"];
  throw new ConfigError(`${missing}: it is not set, but ${other} is; give both, or neither`);
}
