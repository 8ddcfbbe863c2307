import { Option } from "commander";
import { optionName, SETTING_NAMES, SETTINGS, type SettingName } from "../config/settings.ts";

/** The options of `taskscribe serve`, as the table of settings declares them. */
export function settingOptions(): readonly Option[] {
  return SETTING_NAMES.filter((name) => SETTINGS[name].by === "option and environment").map(
    optionOf,
  );
}

function optionOf(name: SettingName): Option {
  const { kind, help, defaultText } = SETTINGS[name];
  if (kind.placeholder === "") return new Option(optionName(name), help).preset("true");
  const text = `${help} (default: ${defaultText})`;
  const option = new Option(`${optionName(name)} <${kind.placeholder}>`, text);
  // For help and completion alone. The settings check the value, by the same rule for every source.
  if (kind.choices !== undefined) option.argChoices = [...kind.choices];
  if (Array.isArray(SETTINGS[name].default)) {
    option.argParser((one: string, before?: string) => (before ? `${before},${one}` : one));
  }
  return option;
}
