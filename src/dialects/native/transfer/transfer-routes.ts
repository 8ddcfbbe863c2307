import { hash } from "node:crypto";
import { BULK_TYPE } from "../../../bulk/bulk.ts";
import { DomainError } from "../../../core/errors.ts";
import type { TaskEvent } from "../../../core/events.ts";
import type { JsonObject } from "../../../core/json.ts";
import { isFinal, type Task } from "../../../core/task.ts";
import { MASK } from "../../../redact.ts";
import type { DialectContext, Route } from "../../dialect.ts";
import { answer, location, route, shownTask } from "../answers.ts";
import { tokenOf } from "../requests.ts";
import { type Exported, readImport } from "./read-import.ts";
import { TRANSFER_OPERATIONS } from "./transfer-operations.ts";

export function importRoute({ service }: DialectContext): Route {
  return route(TRANSFER_OPERATIONS.importTask, async (call, caller) => {
    const { log, rehome = false, resume = false } = await readImport(call, caller.account);
    const token = tokenOf(call, undefined);
    const taken = await service.importTask(eventsOf(log), caller, {
      resume,
      ...(token !== undefined && { token, digest: hash("sha256", call.body, "base64url") }),
      accept: async (task) => {
        const open = !isFinal(task.state);
        if (open) checkOpen(task, rehome || resume);
        for (const action of rightsFor(open, resume)) {
          const refused = await caller.rights?.startRefusal(action, withoutId(task));
          if (refused !== undefined) throw refused;
        }
      },
    });
    return answer(201, shownTask(service, taken), location(taken));
  });
}

/** The log of an open task says which of its steps are over, approvals included: that is as much as to give them. */
function rightsFor(open: boolean, resume: boolean): readonly string[] {
  if (!open) return ["ImportTask"];
  return resume ? ["ImportTask", "SignalTask", "ResumeTask"] : ["ImportTask", "SignalTask"];
}

/** The import gets a new id, so that the right to one of the old id says nothing. */
function withoutId({ product, type, target, attributes, input }: Task) {
  return { product, type, target, attributes, input };
}

function checkOpen(task: Task, asked: boolean): void {
  if (!asked) {
    throw invalid(
      `a task that is ${task.state}`,
      "one that has ended; or, after it was stopped where it comes from, rehome: true to hold it here, resume: true to let it run on here",
    );
  }
  if (task.product === "native" && holdsMask(task.input)) {
    throw invalid(
      "an open task without its secrets, which no export has",
      "one that has ended; submit an open one anew",
    );
  }
  if (task.type === BULK_TYPE) {
    throw invalid("an open bulk operation, which speaks of tasks elsewhere", "one that has ended");
  }
}

function eventsOf(log: Exported["log"]): readonly TaskEvent[] {
  const events: TaskEvent[] = [];
  for (const entry of log) {
    if (entry.firstVersion !== events.length + 1) {
      throw invalid(`version ${entry.firstVersion} after ${events.length}`, "a log without gaps");
    }
    for (const event of entry.events) events.push(event);
  }
  return events;
}

function holdsMask(input: JsonObject): boolean {
  return JSON.stringify(input).includes(`"${MASK}"`);
}

function invalid(found: string, expected: string): DomainError {
  return new DomainError("InvalidParameter", `parameter log is ${found}; give ${expected}`, {
    parameter: "log",
    found,
    expected,
  });
}
