import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { type ClientOptions, type Credentials, TaskscribeClient } from "../client/index.ts";
import { ConfigError } from "../config/config-error.ts";
import { loadConfig, textSet } from "../config/load.ts";
import { announcedIn } from "../http/announcement.ts";
import { type Profile, profileNamed, readProfiles } from "./profiles.ts";

/** Options of every command that calls a server. */
export interface ConnectionFlags {
  readonly endpoint?: string;
  readonly profile?: string;
  readonly data?: string;
}

type Environment = NodeJS.ProcessEnv;
type More = Pick<ClientOptions, "onRetry" | "retryForMs" | "timeoutMs">;

/** The profile that is used if none is named. */
const DEFAULT_PROFILE = "default";

/**
 * The server that a command calls: from the options, else the environment, else the server that runs on the data directory.
 * @throws ConfigError if there is none; it says how to name one.
 */
export async function connect(
  flags: ConnectionFlags,
  more: More = {},
  env: Environment = process.env,
): Promise<TaskscribeClient> {
  const server = await serverToAsk(flags, env);
  if (server.caFile !== undefined) trust(server.caFile);
  const credentials = credentialsOf(server, env);
  try {
    return new TaskscribeClient({
      endpoint: withScheme(server.endpoint),
      retryForMs: 2_000, // A person waits for the result.
      ...more,
      ...(credentials && { credentials }),
    });
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error));
  }
}

/** An empty option or variable counts as not set. */
async function serverToAsk(options: ConnectionFlags, env: Environment): Promise<Profile> {
  const [endpoint, profile, data] = [options.endpoint, options.profile, options.data].map(textSet);
  if (endpoint !== undefined) {
    return { ...(profile === undefined ? {} : profileNamed(profile, env)), endpoint };
  }
  if (profile !== undefined) return profileNamed(profile, env);
  if (data !== undefined) return announced(data) ?? nowhere(data);
  return serverOfEnvironment(env);
}

async function serverOfEnvironment(env: Environment): Promise<Profile> {
  const [endpoint, profile] = [env["TASKSCRIBE_ENDPOINT"], env["TASKSCRIBE_PROFILE"]].map(textSet);
  const named = profile === undefined ? undefined : profileNamed(profile, env);
  if (endpoint !== undefined) return { ...named, endpoint };
  if (named !== undefined) return named;
  const { data } = await loadConfig({}, { env });
  return announced(data) ?? readProfiles(env)[DEFAULT_PROFILE] ?? nowhere(data);
}

function nowhere(data: string): never {
  throw new ConfigError(
    `no server runs on ${data}; start one with taskscribe serve, or name one with --endpoint, --profile or TASKSCRIBE_ENDPOINT`,
  );
}

function announced(data: string): Profile | undefined {
  const running = announcedIn(data);
  if (running === undefined) return undefined;
  const { url, caFile } = running;
  // A server that listens on all addresses also listens on the loopback address.
  const endpoint = url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
  return { endpoint, ...(caFile !== undefined && { caFile }) };
}

function withScheme(endpoint: string): string {
  return /^[a-z]+:\/\//i.test(endpoint) ? endpoint : `http://${endpoint}`;
}

/** The key of the profile, else of our own variables, else of the variables of the official clients. */
function credentialsOf(profile: Profile, env: Environment): Credentials | undefined {
  const { accessKeyId, accessKeySecret, securityToken } = profile;
  if (accessKeyId && accessKeySecret) return { accessKeyId, accessKeySecret, securityToken };
  for (const prefix of ["TASKSCRIBE", "ALIBABA_CLOUD"]) {
    const id = env[`${prefix}_ACCESS_KEY_ID`];
    const secret = env[`${prefix}_ACCESS_KEY_SECRET`];
    if (!id && !secret) continue;
    if (id && secret) {
      const token = env[`${prefix}_SECURITY_TOKEN`] || undefined;
      return { accessKeyId: id, accessKeySecret: secret, securityToken: token };
    }
    const missing = id ? "SECRET" : "ID";
    throw new ConfigError(
      `${prefix}_ACCESS_KEY_${missing}: it is not set, but the other half of the key is; set both, or neither`,
    );
  }
  return undefined;
}

function trust(caFile: string): void {
  try {
    const certificate = readFileSync(caFile, "utf8");
    setDefaultCACertificates([...getCACertificates("default"), certificate]);
  } catch (error) {
    throw new ConfigError(
      `caFile: ${caFile} cannot be used (${(error as Error).message}); give a certificate of a CA (PEM)`,
    );
  }
}
