// docs/settings.md, made from the table of settings.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CONFIG_EXTENSIONS } from "../src/config/config-file.ts";
import { CONFIG_VARIABLE } from "../src/config/load.ts";
import {
  environmentName,
  optionName,
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
} from "../src/config/settings.ts";
import { root } from "./steps.ts";

const files = CONFIG_EXTENSIONS.map((extension) => `\`taskscribe.config.${extension}\``).join(", ");

const INTRODUCTION = `# Settings

Made by \`npm run docs\` from \`src/config/settings.ts\`; a test fails when it is out of date.

A setting can stand on the command line of \`taskscribe serve\`, in the environment, and in the configuration file. The
command line goes first, then the environment, then the file, then the default. An empty value counts as not set, in all
three: \`TASKSCRIBE_DATA=\` means the default, not the current directory.

The configuration file is the one that \`--config\` or \`${CONFIG_VARIABLE}\` names, else the first of these in the current
directory: ${files}. It is an ES module with a default export or a CommonJS
module, whatever \`"type"\` the package.json beside it says, and may import task types from other files:

\`\`\`ts
import { defineConfig } from "taskscribe";

export default defineConfig({ port: 4020, retention: { succeeded: "7d", failed: "30d" } });
\`\`\`

A mistake in it ends the start with exit code 2 and one line that says where it is and what to do:

\`\`\`
taskscribe: /srv/tasks/taskscribe.config.ts:3:30: prot: there is no such setting; did you mean "port"?
\`\`\`

Values are as their names say: names that end in \`Ms\` are milliseconds. A value of the file may also be written as the text
that would stand on the command line (\`port: "4020"\`).
`;

const PAGE = "docs/settings.md";

export function writeSettingsPage(): void {
  writeFileSync(join(root, PAGE), settingsPage());
}

export function settingsPage(): string {
  const rows = SETTING_NAMES.map(row);
  return [
    INTRODUCTION,
    "| in the file | option | environment variable | default | what it does | what it takes |",
    `|${" --- |".repeat(6)}`,
    ...rows,
    "",
  ].join("\n");
}

function row(name: SettingName): string {
  const { kind, help, defaultText, by } = SETTINGS[name];
  const value = kind.placeholder === "" ? "" : ` <${kind.placeholder}>`;
  const cells = [
    `\`${name}\``,
    by === "option and environment" ? `\`${optionName(name)}${value}\`` : "",
    by === "file" ? "" : `\`${environmentName(name)}\``,
    defaultText,
    help,
    kind.expected,
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
