/** A setting, a path or a command line that cannot be used. Its message says what was found and what to give. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
