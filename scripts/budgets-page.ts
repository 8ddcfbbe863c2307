// docs/budgets.md, made from the table of bounds.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BUDGET_GROUPS, DEFAULT_BUDGETS } from "../src/budgets.ts";
import type { Bound } from "../src/core/values/bounds.ts";
import { counted, sizeOf } from "./amounts.ts";
import { root } from "./steps.ts";

const INTRODUCTION = `# Bounds

Made by \`npm run docs\` from \`src/budgets.ts\`; a test fails when it is out of date.

Everything that is read, kept in memory, stored or answered has a bound in bytes or in number, so that a request of legal size makes
nobody wait, and the process stays within its memory however much there is. These are the bounds of everybody together and of one
task, one request, one answer. What each account has a share of is in [limits of an account](limits.md).
`;

const SETTINGS = `
## Other values

The setting \`budgets\` of the configuration file changes those that have a name in the first column:

\`\`\`ts
budgets: { inputBytes: 1_048_576, openTaskBytes: 1_073_741_824 },
\`\`\`

A larger bound needs more memory, and makes others wait longer while a task of that size is written. Bounds without a name are part of
what a log may hold: whoever reads one has to agree on them.

The metric \`taskscribe_budget\` has each bound as it is set.
`;

const PAGE = "docs/budgets.md";

export function writeBudgetsPage(): void {
  writeFileSync(join(root, PAGE), budgetsPage());
}

export function budgetsPage(): string {
  const groups = Object.entries(BUDGET_GROUPS).map(([title, table]) => {
    const rows = Object.entries(table).map(([name, bound]) => row(name, bound));
    return [
      `\n## ${title}\n`,
      "| setting | what | at most | beyond it |",
      `|${" --- |".repeat(4)}`,
      ...rows,
    ].join("\n");
  });
  return `${INTRODUCTION}${groups.join("\n")}\n${SETTINGS}`;
}

function row(name: string, { most, unit, what, beyond }: Bound): string {
  const set = Object.hasOwn(DEFAULT_BUDGETS, name) ? `\`${name}\`` : "";
  return `| ${[set, what, unit === "bytes" ? sizeOf(most) : counted(most), beyond].join(" | ")} |`;
}
