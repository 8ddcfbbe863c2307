import { chmodSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { ConfigError } from "../config/config-error.ts";
import { FILE_MODE, makePrivateDirectory } from "../private-files.ts";
import { shellQuoted } from "./shell-words.ts";

/** The address of a server, and the key for it. */
export interface Profile {
  readonly endpoint: string;
  readonly accessKeyId?: string;
  readonly accessKeySecret?: string;
  readonly securityToken?: string;
  /** The CA that has signed the server's certificate (PEM). */
  readonly caFile?: string;
}

type Profiles = Readonly<Record<string, Profile>>;

/** `$XDG_CONFIG_HOME/taskscribe/profiles.json`, else below `~/.config`. */
export function profilesFile(env: NodeJS.ProcessEnv = process.env): string {
  const base = env["XDG_CONFIG_HOME"] || join(homedir(), ".config");
  return join(base, "taskscribe", "profiles.json");
}

/** Reads the profiles. @throws ConfigError if the file does not have the form that this program writes. */
export function readProfiles(env: NodeJS.ProcessEnv = process.env): Profiles {
  const file = profilesFile(env);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new ConfigError(
      `${file}: it cannot be read (${(error as Error).message}); check its permissions`,
    );
  }
  try {
    const { profiles } = JSON.parse(text) as { profiles: Profiles };
    if (Object.values(profiles).every(({ endpoint }) => typeof endpoint === "string")) {
      return profiles;
    }
  } catch {
    // The error below covers this case.
  }
  throw new ConfigError(
    `${file} is not as taskscribe profile set writes it; mend it, or remove it and set the profiles anew`,
  );
}

/** The profile with this name. @throws ConfigError if there is none; it names the existing ones. */
export function profileNamed(name: string, env: NodeJS.ProcessEnv = process.env): Profile {
  const profiles = readProfiles(env);
  const found = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(profiles).join(", ") || "none yet";
  throw new ConfigError(
    `there is no profile "${name}" in ${profilesFile(env)} (there is: ${known}); make it with taskscribe profile set ${shellQuoted(name)}`,
  );
}

/**
 * Writes the file completely or not at all. Only its owner can read it, because it holds secrets.
 * @throws ConfigError if it cannot be written.
 */
export function writeProfiles(profiles: Profiles, env: NodeJS.ProcessEnv = process.env): void {
  const file = profilesFile(env);
  const draft = `${file}.${process.pid}`;
  try {
    makePrivateDirectory(dirname(file));
    writeFileSync(draft, `${JSON.stringify({ profiles }, null, 2)}\n`, { mode: FILE_MODE });
    chmodSync(draft, FILE_MODE);
    renameSync(draft, file);
  } catch (error) {
    throw new ConfigError(
      `${file}: it cannot be written (${(error as Error).message}); set XDG_CONFIG_HOME to a directory that can be`,
    );
  }
}
