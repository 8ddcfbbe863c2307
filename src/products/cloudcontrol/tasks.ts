import { defineTask } from "../../core/define-task.ts";
import { TerminalError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Resource, ResourceReader } from "../../core/resource.ts";
import type { StepContext, StepHandler } from "../../core/step-context.ts";
import type { TaskType } from "../../core/task-type.ts";
import { isObject, stringOf, type Work } from "../simulation.ts";
import { typeOf } from "./path.ts";
import { codeOf, kindOf, RESOURCE_TYPES, type ResourceType } from "./resource-types.ts";
import {
  attributesOf,
  newAttributes,
  parentTypeOf,
  resourceData,
  setAttributes,
  updatable,
} from "./resources.ts";

/** What a task works on, from its attributes. */
interface Subject {
  readonly type: ResourceType;
  readonly kind: string;
  readonly id: string;
  readonly path: string;
  readonly parentPath: string;
  readonly regionId: string;
}

function subjectOf(attributes: JsonObject): Subject {
  const type = typeOf(stringOf(attributes["product"]), stringOf(attributes["resourceType"]));
  const path = stringOf(attributes["resourcePath"]);
  return {
    type,
    kind: kindOf(type),
    id: stringOf(attributes["resourceId"]),
    path,
    parentPath: path.split("/").slice(0, -2).join("/"),
    regionId: stringOf(attributes["regionId"]),
  };
}

export function cloudControlTasks(work: Work): readonly TaskType[] {
  return [createResource(work), updateResource(work), deleteResource(work), synchronousChange];
}

/** Of a synchronous type: the change came with the request, so this only keeps it in the log. */
const synchronousChange = defineTask({
  type: "synchronous_change",
  steps: { Record: async () => {} },
});

/** Fails, some time later, if the resource is there already, or what it refers to is not. */
function createResource(work: Work): TaskType {
  return defineTask({
    type: "create_resource",
    steps: {
      ValidateRequest: async (input, context) => {
        await work(context, 600);
        await checkReference(context, bodyOf(input));
      },
      CreateResource: { run: create(work), weight: 3 },
      WaitUntilReady: async (_input, context) => {
        await work(context, 900);
        await parentPresent(context);
        becomeReady(context.resources, context.attributes);
      },
    },
    // Once the product has begun, it goes on: a cancel comes too late for the resource.
    onEnd: async (task, resources) => {
      becomeReady(resources, task.attributes);
      const { kind, path } = subjectOf(task.attributes);
      if (await lacksParent(resources, task.attributes)) resources.remove(kind, path);
    },
  });
}

function create(work: Work): StepHandler {
  return async (input, context) => {
    const { type, kind, id, path, parentPath, regionId } = subjectOf(context.attributes);
    await work(context, type.createMs);
    await parentPresent(context);
    if ((await context.resources.get(kind, path)) !== undefined) {
      fail(context, `${codeOf(type)}.AlreadyExists`, `${type.title} ${path} exists already`);
    }
    const attributes = newAttributes(type, id, regionId, parentPath, bodyOf(input));
    const data = resourceData(type, id, path, regionId, { ...attributes, Status: "Creating" });
    context.resources.put(kind, path, data, parentPath === "" ? undefined : parentPath);
  };
}

function becomeReady(resources: StepContext["resources"], attributes: JsonObject): void {
  const { type, kind, path } = subjectOf(attributes);
  setAttributes(resources, kind, path, ({ Status }) =>
    Status === "Creating" ? { Status: type.ready } : {},
  );
}

function updateResource(work: Work): TaskType {
  return defineTask({
    type: "update_resource",
    steps: {
      ValidateRequest: async (input, context) => {
        await work(context, 600);
        await present(context);
        await checkReference(context, bodyOf(input));
      },
      UpdateResource: {
        run: async (input, context) => {
          await work(context, 1_800);
          await present(context);
          const { type, kind, path } = subjectOf(context.attributes);
          const changes = updatable(type, bodyOf(input));
          setAttributes(context.resources, kind, path, () => changes);
        },
        weight: 3,
      },
      WaitUntilReady: async (_input, context) => work(context, 600),
    },
  });
}

/** Fails if another resource still refers to this one. What is inside goes with it. */
function deleteResource(work: Work): TaskType {
  return defineTask({
    type: "delete_resource",
    steps: {
      CheckDependencies: async (_input, context) => {
        await work(context, 600);
        await checkUnused(context, await present(context));
      },
      DeleteResource: {
        run: async (_input, context) => {
          await work(context, 1_800);
          const { kind, path } = subjectOf(context.attributes);
          for (const child of await childrenOf(context.resources, context.attributes)) {
            context.resources.remove(child.kind, child.id);
          }
          context.resources.remove(kind, path);
        },
        weight: 3,
      },
      WaitUntilGone: async (_input, context) => work(context, 600),
    },
  });
}

async function childrenOf(
  resources: ResourceReader,
  attributes: JsonObject,
): Promise<readonly Resource[]> {
  const { type, path } = subjectOf(attributes);
  const found: Resource[] = [];
  for (const child of RESOURCE_TYPES) {
    if (child.product === type.product && child.path.startsWith(`${type.path}/`)) {
      found.push(...(await resources.list({ kind: kindOf(child), parent: path })));
    }
  }
  return found;
}

async function present(context: StepContext): Promise<Resource> {
  const { type, kind, path } = subjectOf(context.attributes);
  const found = await context.resources.get(kind, path);
  if (found !== undefined) return found;
  return fail(context, `Invalid${codeOf(type)}.NotFound`, `${type.title} ${path} does not exist`);
}

/** What it is inside may be deleted meanwhile: it goes with that, made or not. */
async function parentPresent(context: StepContext): Promise<void> {
  if (!(await lacksParent(context.resources, context.attributes))) return;
  const { type, parentPath } = subjectOf(context.attributes);
  const parent = parentTypeOf(type) ?? type;
  const cause = `${parent.title} ${parentPath} does not exist any more`;
  fail(context, `Invalid${codeOf(parent)}.NotFound`, cause);
}

async function lacksParent(resources: ResourceReader, attributes: JsonObject): Promise<boolean> {
  const { type, parentPath } = subjectOf(attributes);
  const parent = parentTypeOf(type);
  return parent !== undefined && (await resources.get(kindOf(parent), parentPath)) === undefined;
}

async function checkReference(context: StepContext, body: JsonObject): Promise<void> {
  const { type } = subjectOf(context.attributes);
  if (type.refersTo === undefined) return;
  const { property, path, errorCode } = type.refersTo;
  const id = stringOf(body[property]);
  if (id === "") return;
  const target = typeOf(type.product, path);
  const found = await context.resources.get(kindOf(target), `${path}/${id}`);
  if (found === undefined) fail(context, errorCode, `${property} ${id} does not exist`);
}

async function checkUnused(context: StepContext, resource: Resource): Promise<void> {
  const { type, id, path } = subjectOf(context.attributes);
  for (const other of RESOURCE_TYPES) {
    const reference = other.product === type.product ? other.refersTo : undefined;
    if (reference?.path !== type.path) continue;
    const users = await context.resources.list({ kind: kindOf(other) });
    const user = users.find((candidate) => attributesOf(candidate)[reference.property] === id);
    if (user === undefined) continue;
    const cause = `${type.title} ${path} (version ${resource.version}) is used by ${user.id}; delete that first`;
    fail(context, `DependencyViolation.${other.path}`, cause);
  }
}

/** The code is the one of the product behind: the dialect wraps it in Cloud Control's own. */
function fail(context: StepContext, code: string, cause: string): never {
  throw new TerminalError(code, `step ${context.step}: ${cause}`);
}

function bodyOf(input: JsonObject): JsonObject {
  return isObject(input["body"]) ? input["body"] : {};
}
