// The settings of the key that encrypts secrets at rest.
import { ConfigError } from "./config-error.ts";
import { secret, text, words } from "./kinds.ts";
import { optional } from "./setting.ts";

export const SECRET_KEY_SETTINGS = {
  secretKey: optional(
    secret("32 bytes in base64"),
    "encrypts the secrets of access keys, webhooks and tasks at rest; 32 bytes in base64",
    "secret.key in the data directory",
    "environment",
  ),
  secretKeyFile: optional(
    text("file", "a path"),
    "the file that holds this key instead, e.g. a secret that is mounted into the container",
    "none",
  ),
  secretKeyCommand: optional(
    words("command", 'the words of a command, such as ["vault", "read", "-field=value", "kv/key"]'),
    "the command that prints this key instead, run without a shell, at the start and when the key is rotated",
    "none",
  ),
};

const SOURCES = ["secretKey", "secretKeyFile", "secretKeyCommand"] as const;

/** @throws ConfigError if the key comes from two places, because nobody could say which one counts. */
export function refuseTwoSecretKeys(
  config: { readonly [Name in (typeof SOURCES)[number]]: unknown },
  environmentName: (setting: string) => string,
): void {
  const [one, other] = SOURCES.filter((name) => config[name] !== undefined);
  if (one === undefined || other === undefined) return;
  throw new ConfigError(
    `${other}: it is set (${environmentName(other)}), and so is ${one} (${environmentName(one)}); the secret key comes from one place, so take one of them away`,
  );
}
