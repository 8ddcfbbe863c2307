import type { StepFailure } from "../../core/commands.ts";
import type { StepReport } from "../../core/events.ts";
import {
  type Item,
  MAX_NOTICES,
  type Notice,
  type Step,
  type SubtaskSummary,
  type Task,
} from "../../core/task.ts";
import { FIELD_LIMITS, jsonBytesOf } from "../../core/values/field-limits.ts";
import { cut, type Limits } from "./limits.ts";

// Texts for people are cut, because a message can be the whole answer of another server. What was cut once fits the same
// room again, so that a replay of the log finds the same texts.

/** The report with its texts cut. Other fields are as they were. */
export function cutReport(
  report: StepReport,
  task: Task,
  step: string,
  limits: Limits,
): StepReport {
  const { message, items, notices, subtasks } = report;
  if ((message ?? items ?? notices ?? subtasks) === undefined) return report;
  return {
    ...report,
    ...(message !== undefined && { message: cut(message, textRoom(task, step, limits)) }),
    ...(items && { items: items.map((item) => cutItem(item, limits)) }),
    ...(notices && { notices: fittingNotices(task.notices, notices, limits) }),
    ...(subtasks && { subtasks: cutSubtasks(task, subtasks) }),
  };
}

export function cutFailure(
  { code, message, cause, terminal }: StepFailure,
  task: Task,
  step: string,
  limits: Limits,
): StepFailure {
  const room = textRoom(task, step, limits);
  return {
    code: cut(code, FIELD_LIMITS.nameBytes),
    message: cut(message, room),
    terminal,
    ...(cause !== undefined && { cause: cut(cause, room) }),
  };
}

function cutSubtasks(
  { steps }: Task,
  subtasks: readonly SubtaskSummary[],
): readonly SubtaskSummary[] {
  const { subtasksInFull, subtaskMessageBytes, shortMessageBytes } = FIELD_LIMITS;
  let count = subtasks.length;
  for (const { subtasks: known } of steps) count += known?.length ?? 0;
  const short = (message: string) =>
    count > subtasksInFull
      ? cutAsJson(message, shortMessageBytes)
      : cut(message, subtaskMessageBytes);
  return subtasks.map((one) => ({ ...one, message: short(one.message) }));
}

function cutItem(item: Item, { messageBytes }: Limits): Item {
  return item.message === undefined ? item : { ...item, message: cut(item.message, messageBytes) };
}

/** A step shows a message, and messages and causes of the errors of itself and of its undo. */
const TEXTS_OF_STEP = 5;

/**
 * How many bytes a text of the step may take. While the texts of all steps are few, it is the limit of one message;
 * after that each has a share, so that all together always fit.
 */
function textRoom({ steps }: Task, name: string, { messageBytes }: Limits): number {
  const { stepTextsBytes } = FIELD_LIMITS;
  if (steps.length * TEXTS_OF_STEP * messageBytes <= stepTextsBytes) return messageBytes;
  let others = 0;
  for (const step of steps) if (step.name !== name) others += lengthOfTexts(step);
  const half = stepTextsBytes / 2;
  const share = half / steps.length;
  // A character takes three bytes at most.
  const room = Math.max(half - 3 * others, share) / TEXTS_OF_STEP;
  return Math.min(messageBytes, Math.floor(room));
}

function lengthOfTexts({ message, error, undo }: Step): number {
  let length = message?.length ?? 0;
  if (error !== undefined) length += error.message.length + (error.cause?.length ?? 0);
  const undone = undo?.error;
  if (undone !== undefined) length += undone.message.length + (undone.cause?.length ?? 0);
  return length;
}

/** `{"at":,"level":"Warning","action":,"reason":,"message":,"source":},` and a moment */
const NOTICE_FRAME = 90;
/** The room that each notice has, however many a step reports at once. */
const SMALLEST_NOTICE = 256;
/** The part of a notice's room that its action, reason and source have, each. */
const PART_OF_NAME = 8;

function fittingNotices(
  known: readonly Notice[],
  reported: readonly Notice[],
  limits: Limits,
): readonly Notice[] {
  const half = FIELD_LIMITS.noticesBytes / 2;
  const share = half / Math.max(MAX_NOTICES, reported.length);
  const stay = Math.max(0, MAX_NOTICES - reported.length);
  let used = 0;
  for (const notice of stay === 0 ? [] : known.slice(-stay)) used += bytesOfNotice(notice);
  return reported.map((notice) => {
    const fitting = fitted(
      cutNotice(notice, limits),
      Math.max(half - used, share, SMALLEST_NOTICE),
    );
    used += bytesOfNotice(fitting);
    return fitting;
  });
}

function cutNotice(notice: Notice, { noticeBytes }: Limits): Notice {
  const { action, reason, source, message } = notice;
  const { nameBytes } = FIELD_LIMITS;
  return {
    ...notice,
    action: cut(action, nameBytes),
    reason: cut(reason, nameBytes),
    source: cut(source, nameBytes),
    message: cut(message, noticeBytes),
  };
}

function fitted(notice: Notice, room: number): Notice {
  if (bytesOfNotice(notice) <= room) return notice;
  const name = Math.floor(room / PART_OF_NAME);
  const action = cutAsJson(notice.action, name);
  const reason = cutAsJson(notice.reason, name);
  const source = cutAsJson(notice.source, name);
  const names = jsonBytesOf(action) + jsonBytesOf(reason) + jsonBytesOf(source);
  const left = Math.floor(room) - NOTICE_FRAME - names;
  return { ...notice, action, reason, source, message: cutAsJson(notice.message, left) };
}

/** A character takes six bytes of JSON at most. */
const LONGEST_ESCAPE = 6;

function cutAsJson(text: string, bytes: number): string {
  if (jsonBytesOf(text) <= bytes) return text;
  const short = cut(text, bytes - 2);
  return jsonBytesOf(short) <= bytes ? short : cut(text, Math.floor((bytes - 2) / LONGEST_ESCAPE));
}

function bytesOfNotice({ action, reason, message, source }: Notice): number {
  return (
    NOTICE_FRAME +
    jsonBytesOf(action) +
    jsonBytesOf(reason) +
    jsonBytesOf(message) +
    jsonBytesOf(source)
  );
}
