import type { Kind } from "./kinds.ts";

export interface Setting<T> {
  readonly kind: Kind<T>;
  /** The default value. */
  readonly default: T;
  /** What it does, in a phrase for the help and the table of settings. */
  readonly help: string;
  /** What the default means, if the value does not say it. */
  readonly defaultText: string;
  /**
   * How it can be set beside the configuration file. A secret has no option: a command line shows in lists of
   * processes.
   */
  readonly by: "option and environment" | "environment" | "file";
}

export type SetBy = Setting<unknown>["by"];

/** A setting with a default. */
export function setting<T>(
  kind: Kind<T>,
  value: NoInfer<T>,
  help: string,
  defaultText = String(value),
): Setting<T> {
  return { kind, default: value, help, defaultText, by: "option and environment" };
}

/** A setting that may have no value. */
export function optional<T>(
  kind: Kind<T>,
  help: string,
  defaultText: string,
  by: SetBy = "option and environment",
): Setting<T | undefined> {
  return { kind, default: undefined, help, defaultText, by };
}

/** A setting that has no form as one line of text. */
export function inFile<T>(
  kind: Kind<T>,
  value: NoInfer<T>,
  help: string,
  defaultText: string,
): Setting<T> {
  return { kind, default: value, help, defaultText, by: "file" };
}
