// npm run docs: writes the table of limits in docs/native-api.md from the constants that are enforced.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { FIELD_LIMITS } from "../src/core/values/field-limits.ts";
import { DEFAULT_LIMITS } from "../src/engine/bounds/limits.ts";
import { pageWith } from "./made-part.ts";
import { root } from "./steps.ts";

const PAGE = "docs/native-api.md";
const BEGIN = "<!-- Made by `npm run docs` from src/core/values/field-limits.ts -->\n";

export const TASK_LIMITS = { ...DEFAULT_LIMITS, ...FIELD_LIMITS };

type Row = readonly [what: string, beyond: string];

const REFUSED = "400";
const FAILS = "the step fails: `StepReportTooLarge`";
const CUT = "cut, with a mark at the end";

/** What each limit is about, and what becomes of that which goes beyond it. */
const ROWS: Readonly<Record<keyof typeof TASK_LIMITS, Row>> = {
  inputBytes: ["the input", REFUSED],
  nameBytes: [
    "a product, type, target's type, id or name, concurrency key; an item's id, a subtask's key, an output's or attribute's name",
    "400; the step fails",
  ],
  labels: ["labels", REFUSED],
  labelNameBytes: ["the name of a label", REFUSED],
  labelValueBytes: ["the value of a label", REFUSED],
  attributes: ["attributes", `400; ${FAILS}`],
  attributesBytes: ["all attributes", `400; ${FAILS}`],
  outputsBytes: ["all outputs", "the step fails: `StepOutputsTooLarge`"],
  stepOutputsBytes: ["the outputs of each step, added up", "the step fails: `StepOutputsTooLarge`"],
  items: ["items", FAILS],
  itemsBytes: ["all items", FAILS],
  subtasks: ["subtasks", FAILS],
  subtaskMessageBytes: ["the message of a subtask, as its parent shows it", CUT],
  messageBytes: ["a message, an error's message or cause, an item's message", CUT],
  stepTextsBytes: ["all messages and errors of the steps", `the newest are ${CUT}`],
  notices: ["notices that a task shows", "the oldest are left out; the log has them"],
  noticeBytes: ["the message of a notice", CUT],
  noticesBytes: ["all notices that a task shows", `the newest are ${CUT}`],
  reportedNotices: ["notices in one report", FAILS],
  questionBytes: ["the question of an approval", FAILS],
  approvals: ["approvals that a task asks for", FAILS],
  signalDataBytes: ["the `data` of an answer to an approval", REFUSED],
  signalsBytes: ["the data of all answers", REFUSED],
  steps: ["steps of a task type", "the type is refused at the start"],
  eventsInFull: [
    "events of a task",
    "reports of nothing but progress and messages are recorded once a minute",
  ],
  events: [
    "events of a task, again",
    "it can not be paused, attempts are not repeated, and a step that reports fails: `TaskLogTooLong`",
  ],
};

export function limitsTable(): string {
  const rows = Object.entries(ROWS).map(([name, [what, beyond]]) => {
    const limit = TASK_LIMITS[name as keyof typeof TASK_LIMITS];
    return `| ${what} | ${name.endsWith("Bytes") ? sizeOf(limit) : counted(limit)} | ${beyond} |`;
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

function sizeOf(bytes: number): string {
  if (bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20} MiB`;
  return bytes % 2 ** 10 === 0 ? `${bytes / 2 ** 10} KiB` : `${bytes} bytes`;
}

function counted(count: number): string {
  return count.toLocaleString("en-US");
}
