// npm run docs: writes the table of limits in docs/native-api.md from the constants that are enforced.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BUDGET_GROUPS } from "../src/budgets.ts";
import { counted, sizeOf } from "./amounts.ts";
import { pageWith } from "./made-part.ts";
import { root } from "./steps.ts";

const PAGE = "docs/native-api.md";
const BEGIN = "<!-- Made by `npm run docs` from src/budgets.ts -->\n";

const { "A task": TASK, "The fields of a task, which cannot be set": FIELDS } = BUDGET_GROUPS;
export const TASK_LIMITS = { ...TASK, ...FIELDS };

export function limitsTable(): string {
  const rows = Object.values(TASK_LIMITS).map(({ most, unit, what, beyond }) => {
    return `| ${what} | ${unit === "bytes" ? sizeOf(most) : counted(most)} | ${beyond} |`;
  });
  return `| what | at most | beyond it |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
}

/** The page with the table as the constants say it. @throws Error if the page has no place for it. */
export function taskLimitsPage(): string {
  return pageWith({ page: PAGE, begin: BEGIN, text: limitsTable() });
}

export function writeTaskLimits(): void {
  writeFileSync(join(root, PAGE), taskLimitsPage());
}
