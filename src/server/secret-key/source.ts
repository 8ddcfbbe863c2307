import { randomBytes } from "node:crypto";
import { KEY_BYTES } from "../../access/secrets/sealing.ts";
import type { SecretKeySource } from "../../access/secrets/secret-keys.ts";
import type { Config } from "../../config/settings.ts";
import { secretKeyOfCommand } from "./command.ts";
import { givenSecretKeyFile } from "./given-file.ts";
import { keysIn } from "./key-text.ts";
import { ownSecretKey } from "./own-file.ts";

/** Where the secret key comes from, by the settings. Only one of them may be set. */
export function secretKeySourceOf(
  config: Pick<Config, "data" | "secretKey" | "secretKeyFile" | "secretKeyCommand">,
): SecretKeySource {
  const { data, secretKey, secretKeyFile, secretKeyCommand } = config;
  if (secretKeyFile !== undefined) return givenSecretKeyFile(secretKeyFile);
  if (secretKeyCommand !== undefined) return secretKeyOfCommand(secretKeyCommand);
  if (secretKey !== undefined) return givenSecretKey(secretKey);
  return data === ":memory:" ? passingSecretKey() : ownSecretKey(data);
}

/** The key in the environment, which stays what it was when the process began. */
function givenSecretKey(text: string): SecretKeySource {
  const name = "TASKSCRIBE_SECRET_KEY";
  return { name, read: async () => keysIn(text, name), settled: () => {} };
}

/** For what is kept in memory alone. */
function passingSecretKey(): SecretKeySource {
  const make = () => randomBytes(KEY_BYTES);
  return {
    name: "this process alone",
    read: async () => [make()],
    makeNext: make,
    settled: () => {},
  };
}
