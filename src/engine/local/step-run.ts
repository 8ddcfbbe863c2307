import type { StepReport } from "../../core/events.ts";
import type { JsonObject } from "../../core/json.ts";

import { clampProgress } from "../../core/plan.ts";
import type { StepContext, SubtaskRequest } from "../../core/step-context.ts";

import {
  findStep,
  type Item,
  type Notice,
  type Step,
  type SubtaskSummary,
  type Target,
  type Task,
} from "../../core/task.ts";
import type { ExecutorHost } from "../executor.ts";
import type { ResourceBuffer } from "../memory/resource-buffer.ts";
import { Aborted } from "./aborted.ts";
import {
  checkFilledText,
  checkJson,
  checkName,
  checkNumber,
  checkObject,
  checkOneOf,
  checkSpan,
  checkText,
  copyOf,
} from "./checked.ts";
import type { Orders } from "./orders.ts";
import { type MutableReport, ReportBuffer } from "./report-buffer.ts";
import { StepWaits } from "./step-waits.ts";
import { watchUncaught } from "./uncaught-errors.ts";

const LEVELS = ["Normal", "Warning"] as const satisfies readonly Notice["level"][];
const ITEM_STATES = ["initial", "success", "failed"] as const satisfies readonly Item["status"][];

/** One attempt of one step: collects what the handler reports until it is recorded. */
export class StepRun {
  readonly task: Task;
  readonly step: string;
  readonly attempt: number;
  /** On the monotonic time. */
  readonly beganAt: number;
  /** Whether this is an attempt of the step's undo. */
  readonly isUndo: boolean;
  /** When the handler started, reported or sent a heartbeat last, on the monotonic time. */
  signedAt: number;
  isOver = false;
  /** Whether the handler runs, also after its attempt is over. */
  isAtWork = false;
  /** Called with errors of the handler's code that nothing catches. */
  onUncaught: (error: unknown) => void = () => {};
  readonly #host: ExecutorHost;
  // These are made when they are needed: most attempts are short, and the three objects were most of their garbage.
  #controller: AbortController | undefined;
  #resources: ResourceBuffer | undefined;
  #waits: StepWaits | undefined;
  readonly #orders: Orders;
  /** The version of each subtask that was told last. */
  #told: Map<string, number> | undefined;
  readonly #reports: ReportBuffer;

  constructor(host: ExecutorHost, orders: Orders, task: Task, step: string, attempt: number) {
    this.#host = host;
    this.#orders = orders;
    this.task = task;
    this.step = step;
    this.attempt = attempt;
    this.isUndo = findStep(task, step)?.undo !== undefined;
    this.beganAt = host.clock.monotonic();
    this.signedAt = this.beganAt;
    this.#reports = new ReportBuffer(
      (report) => {
        const at = host.clock.now();
        return host.handle(task.id, { type: "ReportStep", at, step, attempt, report });
      },
      (error) => host.log.debug({ taskId: task.id, step, error }, "a report was not recorded"),
      (ms, work) => host.clock.after(ms, work),
    );
  }

  /** Notes that the attempt is alive, now. */
  sign(): void {
    this.signedAt = this.#host.clock.monotonic();
  }

  /** Whether the attempt waits for a subtask or an approval: then it does not count as silent. */
  get isWaiting(): boolean {
    return this.#waits?.isWaiting === true;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  get resources(): ResourceBuffer {
    this.#resources ??= this.#host.resourceBuffer(this.task.account);
    return this.#resources;
  }

  /** The handler's resource changes; undefined if it used no resources. */
  get changes(): ResourceBuffer | undefined {
    return this.#resources;
  }

  abort(why: Aborted["why"], message: string): void {
    if (this.signal.aborted) return;
    const reason = new Aborted(why, message);
    this.inHandler(() => this.#controller?.abort(reason));
    this.#waits?.abort(reason);
  }

  /** What the handler waits for. */
  get #waiting(): StepWaits {
    if (this.#waits !== undefined) return this.#waits;
    const waits = new StepWaits(this.#host, this.#orders, this);
    this.#waits = waits;
    if (this.#controller?.signal.aborted) waits.abort(this.#controller.signal.reason as Aborted);
    return waits;
  }

  /** Runs code of the handler: the handler itself, the listeners of its signal. */
  inHandler<T>(code: () => T): T {
    return watchUncaught(this.onUncaught, code);
  }

  /** Marks the handler as ended: later reports are dropped, and the run is not interrupted any more. */
  close(): void {
    this.isOver = true;
    this.#reports.close();
  }

  /** Returns the reports that were not written: they are written with the attempt's end. */
  finish(): Promise<StepReport | undefined> {
    this.isOver = true;
    return this.#reports.finish();
  }

  /** Tells the attempt that an approval was decided, for which it may wait. */
  tellApproval(step: Step): void {
    this.#waits?.tellApproval(step);
  }

  /** Resolves once no subtask is waited for; those of an attempt that was aborted come to their ends. */
  async subtasksEnded(): Promise<void> {
    await this.#waits?.subtasksEnded();
  }

  tellSubtask(subtask: Task): void {
    const { id, type, state, message = "", createdAt, updatedAt, version } = subtask;
    this.sign();
    this.#told ??= new Map();
    if ((this.#told.get(id) ?? 0) >= version) return;
    this.#told.set(id, version);
    const summary: SubtaskSummary = { id, type, state, message, createdAt, updatedAt };
    this.#reports.subtask(summary);
  }

  context(): StepContext {
    const { task, step, attempt } = this;
    const run = this;
    const origin = task.importedFrom ?? task.id;
    const { clock, secrets } = this.#host;
    let [attributes, outputs]: (JsonObject | undefined)[] = [];
    return {
      taskId: task.id,
      account: task.account,
      step,
      attempt,
      idempotencyKey: this.isUndo ? `${origin}/${step}/undo` : `${origin}/${step}`,
      get attributes() {
        attributes ??= copyOf(secrets.open(task.attributes, task.account));
        return attributes;
      },
      get outputs() {
        outputs ??= copyOf(secrets.open(task.outputs, task.account));
        return outputs;
      },
      get signal() {
        return run.signal;
      },
      get resources() {
        return run.resources;
      },
      now: () => clock.now(),
      progress: (basisPoints) => {
        this.sign();
        this.#reports.progress(clampProgress(checkNumber("progress", basisPoints)));
      },
      message: (text) => {
        const message = checkText("message", text);
        this.#add((report) => {
          report.message = message;
        });
      },
      notice: (notice) => {
        this.sign();
        this.#reports.notice(noticeOf(task.product, notice, clock.now()));
      },
      item: (id, status, message) => {
        this.sign();
        this.#reports.item({
          id: checkName("id of an item", id),
          status: checkOneOf(`status of item ${id}`, status, ITEM_STATES),
          ...(message !== undefined && { message: checkText(`message of item ${id}`, message) }),
        });
      },
      output: (name, value) => {
        const output = checkName("name of an output", name);
        this.#outputs({ [output]: checkJson(`output "${output}"`, value) });
      },
      attribute: (name, value) => {
        const attribute = checkName("name of an attribute", name);
        const fact = checkJson(`attribute "${attribute}"`, value);
        this.#add((report) => {
          report.attributes = { ...report.attributes, [attribute]: fact };
        });
      },
      heartbeat: () => this.sign(),
      sleep: async (ms) => this.#waiting.sleep(checkSpan("sleep", ms)),
      subtask: async (request) => this.#waiting.subtask(subtaskOf(request)),
      approval: async ({ question }) =>
        this.#waiting.approval(secrets.hide(checkFilledText("question", question), task)),
    };
  }

  /** Adds what the handler returned to the outputs; undefined and null add nothing. */
  addOutputs(returned: unknown): void {
    if (returned === undefined || returned === null) return;
    const outputs = checkObject(`what step "${this.step}" returned`, returned);
    if (Object.keys(outputs).length > 0) this.#outputs(outputs);
  }

  #add(change: (report: MutableReport) => void): void {
    this.sign();
    this.#reports.add(change);
  }

  #outputs(outputs: JsonObject): void {
    this.#add((report) => {
      report.outputs = { ...report.outputs, ...outputs };
    });
  }
}

function noticeOf(
  product: string,
  given: Parameters<StepContext["notice"]>[0],
  at: number,
): Notice {
  const { action, reason, message, level = "Normal", source = product } = given;
  return {
    level: checkOneOf("level of a notice", level, LEVELS),
    source: checkText("source of a notice", source),
    action: checkText("action of a notice", action),
    reason: checkText("reason of a notice", reason),
    message: checkText("message of a notice", message),
    at,
  };
}

function checkTarget({ type, id, name }: Target): Target {
  return {
    type: checkName("target.type of a subtask", type),
    id: checkName("target.id of a subtask", id),
    ...(name !== undefined && { name: checkText("target.name of a subtask", name) }),
  };
}

function subtaskOf(request: SubtaskRequest): SubtaskRequest {
  const { key, type, input, target, attributes } = request;
  return {
    key: checkName("key of a subtask", key),
    type: checkName("type of a subtask", type),
    input: checkObject("input of a subtask", input),
    ...(target && { target: checkTarget(target) }),
    ...(attributes && { attributes: checkObject("attributes of a subtask", attributes) }),
  };
}
