import type { Asked } from "../../auth/policy/asked.ts";
import {
  decisionOf,
  decisionsOfEach,
  firstRefused,
  type RightDecision,
  type Rights,
} from "../../auth/policy/decision.ts";
import { LONGEST_ACTION, LONGEST_RESOURCE } from "../../auth/policy/policy.ts";
import type { PolicyContext } from "../../auth/policy/policy-conditions.ts";
import { DomainError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { type Administration, type Author, notFound } from "../administration.ts";
import { noRights, sessionDocument } from "../keys/chain.ts";
import type { Params } from "../params.ts";
import { roleArn } from "../roles/role-book.ts";
import type { AskedOnTask } from "./task-doors.ts";

/** No id of a task is longer. */
const LONGEST_TASK = 256;
const DEFAULT_POLICY = "no policy is attached: full access to its own account";
const ACTION_EXPECTED = 'an action such as "cs:DescribeTaskInfo"';

/** A key or a role, as the question is about it. */
interface Subject {
  readonly account: string;
  readonly rights: Rights;
  /** Who it is in conditions. */
  readonly principalArn: string;
  /** Who it is as the owner of tasks; undefined for a role. */
  readonly actor: string | undefined;
  /** The document of a policy in these rights. */
  readonly documents: (name: string) => JsonObject | undefined;
}

/**
 * Tells what would be decided: everything that is asked for, each with the statement that decides and what every link of the
 * chain says. With a task, that is what an operation asks for on it at every door.
 */
export async function explainPolicy(api: Administration, params: Params, author: Author) {
  const taskId = params.optionalText("task", "a task's id");
  const action =
    taskId === undefined
      ? params.text("action", ACTION_EXPECTED)
      : params.optionalText("action", ACTION_EXPECTED);
  const resource = params.optionalText("resource");
  refuseLong("task", taskId, LONGEST_TASK);
  refuseLong("action", action, LONGEST_ACTION);
  refuseLong("resource", resource, LONGEST_RESOURCE);
  const given = contextIn(params.optionalObject("context") ?? {});
  const subject = subjectOf(api, params, author);
  params.end();
  const { rights } = subject;
  const { asked, readableBy } =
    taskId === undefined
      ? { asked: [{ action: action ?? "", resource: resource ?? "*" }], readableBy: undefined }
      : await askedOn(api, author, subject, { taskId, action, resource });
  const context: PolicyContext = {
    "acs:CurrentTime": new Date(api.options.clock.now()).toISOString(),
    "acs:PrincipalArn": subject.principalArn,
    ...given,
  };
  const isOwn = readableBy !== undefined && readableBy === subject.actor;
  const refused = firstRefused(rights, asked, context, isOwn);
  const decisions = asked.map((one) => ({ ...one, ...decisionOf(rights, one, context) }));
  const deciding = refused ?? decisions.find((one) => !one.allowed) ?? decisions.at(-1);
  return {
    ...(taskId !== undefined && { task: taskId }),
    ...nameOf(asked[0]),
    ...(deciding && toldOf(subject, deciding)),
    allowed: refused === undefined,
    ...(isOwn && { startedByIt: true }),
    asked: decisions.map((one) => ({
      ...nameOf(one),
      ...toldOf(subject, one),
      links: decisionsOfEach(rights, one, context).map((each) => toldOf(subject, each)),
    })),
  } satisfies JsonObject;
}

function nameOf(asked: Asked | undefined) {
  return { action: asked?.action ?? "", resource: asked?.resource ?? "" };
}

function toldOf({ documents }: Subject, { allowed, decidedBy, link }: RightDecision) {
  const told = { allowed, ...(link && { link: { ...link } }) };
  if (decidedBy === "nothing limits it") return { ...told, decidedBy: DEFAULT_POLICY };
  if (typeof decidedBy === "string") return { ...told, decidedBy };
  const { policy, statementIndex } = decidedBy;
  const statement = statementIn(documents(policy), statementIndex);
  return { ...told, decidedBy: policy, statementIndex, statement };
}

interface Question {
  readonly taskId: string;
  readonly action: string | undefined;
  readonly resource: string | undefined;
}

async function askedOn(
  { options }: Administration,
  author: Author,
  { account }: Subject,
  { taskId, action, resource }: Question,
): Promise<AskedOnTask> {
  if (resource !== undefined) {
    throw new DomainError("InvalidParameter", "resource: the task has its own; give only one", {
      parameter: "resource",
    });
  }
  const doors = options.taskDoors?.();
  if (doors === undefined) {
    throw new DomainError(
      "ResourceBusy",
      "task: tasks are known only to a running server; start one (taskscribe serve), or give action and resource",
      { kind: "task", id: taskId },
    );
  }
  const { accessKeyId, source, secure = false } = author;
  const asker = accessKeyId === "" ? undefined : { accessKeyId, source, secure };
  const found = await doors.askedOn(account, taskId, action, asker);
  // One answer for a task that is not there and for one that the caller may not read.
  if (found === undefined) throw notFound("task", taskId);
  return found;
}

/** The key or the role that the question is about. */
function subjectOf(api: Administration, params: Params, author: Author): Subject {
  const { ring } = api.options;
  const role = params.optionalName("role");
  const id = params.optionalText("accessKeyId");
  if (role !== undefined) {
    const account = api.accountOf(params.optionalName("account"), author);
    const policies = ring.attachedTo(account, "role", role);
    return {
      account,
      rights: { every: [{ link: { kind: "role", name: role }, policies }] },
      principalArn: roleArn(account, role),
      actor: undefined,
      documents: (name) => ring.policy(account, name)?.document,
    };
  }
  const key = api.keyOf(id ?? params.text("accessKeyId", "a key's id, or a role"), author);
  const entry = ring.entry(key.id);
  return {
    account: key.account,
    rights: entry?.rights ?? noRights(key.id),
    principalArn: entry?.principalArn ?? key.principal,
    actor: entry?.credential.principal,
    documents: (name) =>
      sessionDocument(key, name, ring) ?? ring.policy(key.account, name)?.document,
  };
}

function statementIn(document: JsonObject | undefined, index: number): Json {
  const statements = document?.["Statement"];
  return Array.isArray(statements) ? ((statements[index] ?? null) as Json) : null;
}

function refuseLong(parameter: string, text: string | undefined, longest: number): void {
  if (text === undefined || text.length <= longest) return;
  const message = `${parameter} has ${text.length} characters; give at most ${longest}`;
  throw new DomainError("InvalidParameter", message, { parameter });
}

function contextIn(given: JsonObject): PolicyContext {
  for (const [key, value] of Object.entries(given)) {
    if (typeof value === "string") refuseLong("context", value, LONGEST_RESOURCE);
    if (typeof value === "string" || typeof value === "boolean") continue;
    throw new DomainError("InvalidParameter", `context ${key} is no text; give texts only`, {
      parameter: "context",
    });
  }
  return given as PolicyContext;
}
