import { defineTask } from "../../core/define-task.ts";
import { TerminalError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Resource, ResourceReader } from "../../core/resource.ts";
import type { StepContext, StepHandler } from "../../core/step-context.ts";
import type { TaskType } from "../../core/task-type.ts";
import { isObject, type SimulatedWork, stringOf } from "../simulation.ts";
import { typeOf } from "./path.ts";
import { codeOf, RESOURCE_TYPES, type ResourceType, resourceKindOf } from "./resource-types.ts";
import {
  attributesOf,
  newAttributes,
  parentTypeOf,
  resourceData,
  setAttributes,
  updatable,
} from "./resources.ts";

/** The resource that a task works on, read from the attributes of the task. */
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
    kind: resourceKindOf(type),
    id: stringOf(attributes["resourceId"]),
    path,
    parentPath: path.split("/").slice(0, -2).join("/"),
    regionId: stringOf(attributes["regionId"]),
  };
}

export function cloudControlTasks(work: SimulatedWork): readonly TaskType[] {
  return [createResource(work), updateResource(work), deleteResource(work), synchronousChange];
}

/** The task of a synchronous type. The change was made with the request, so the task only records it. */
const synchronousChange = defineTask({
  type: "synchronous_change",
  steps: { Record: async () => {} },
});

/** The task fails if the resource exists already, or if a resource that it refers to does not exist. */
function createResource(work: SimulatedWork): TaskType {
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
        await needParentStill(context);
        becomeReady(context.resources, context.attributes);
      },
    },
    // The product does not stop a creation that has begun, so a canceled task may leave a ready resource.
    onEnd: async (task, resources) => {
      becomeReady(resources, task.attributes);
      const { kind, path } = subjectOf(task.attributes);
      if (await lacksParent(resources, task.attributes)) resources.remove(kind, path);
    },
  });
}

function create(work: SimulatedWork): StepHandler {
  return async (input, context) => {
    const { type, kind, id, path, parentPath, regionId } = subjectOf(context.attributes);
    await work(context, type.createMs);
    await needParentStill(context);
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

function updateResource(work: SimulatedWork): TaskType {
  return defineTask({
    type: "update_resource",
    steps: {
      ValidateRequest: async (input, context) => {
        await work(context, 600);
        await needSubject(context);
        await checkReference(context, bodyOf(input));
      },
      UpdateResource: {
        run: async (input, context) => {
          await work(context, 1_800);
          await needSubject(context);
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

/** The task fails if another resource still refers to this one. Contained resources are deleted too. */
function deleteResource(work: SimulatedWork): TaskType {
  return defineTask({
    type: "delete_resource",
    steps: {
      CheckDependencies: async (_input, context) => {
        await work(context, 600);
        await checkUnused(context, await needSubject(context));
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
      found.push(...(await resources.list({ kind: resourceKindOf(child), parent: path })));
    }
  }
  return found;
}

async function needSubject(context: StepContext): Promise<Resource> {
  const { type, kind, path } = subjectOf(context.attributes);
  const found = await context.resources.get(kind, path);
  if (found !== undefined) return found;
  return fail(context, `Invalid${codeOf(type)}.NotFound`, `${type.title} ${path} does not exist`);
}

/** Fails the task if the containing resource was deleted in the meantime. */
async function needParentStill(context: StepContext): Promise<void> {
  if (!(await lacksParent(context.resources, context.attributes))) return;
  const { type, parentPath } = subjectOf(context.attributes);
  const parent = parentTypeOf(type) ?? type;
  const cause = `${parent.title} ${parentPath} no longer exists`;
  fail(context, `Invalid${codeOf(parent)}.NotFound`, cause);
}

async function lacksParent(resources: ResourceReader, attributes: JsonObject): Promise<boolean> {
  const { type, parentPath } = subjectOf(attributes);
  const parent = parentTypeOf(type);
  return (
    parent !== undefined && (await resources.get(resourceKindOf(parent), parentPath)) === undefined
  );
}

async function checkReference(context: StepContext, body: JsonObject): Promise<void> {
  const { type } = subjectOf(context.attributes);
  if (type.refersTo === undefined) return;
  const { property, path, errorCode } = type.refersTo;
  const id = stringOf(body[property]);
  if (id === "") return;
  const target = typeOf(type.product, path);
  const found = await context.resources.get(resourceKindOf(target), `${path}/${id}`);
  if (found === undefined) fail(context, errorCode, `${property} ${id} does not exist`);
}

async function checkUnused(context: StepContext, resource: Resource): Promise<void> {
  const { type, id, path } = subjectOf(context.attributes);
  for (const other of RESOURCE_TYPES) {
    const reference = other.product === type.product ? other.refersTo : undefined;
    if (reference?.path !== type.path) continue;
    const users = await context.resources.list({ kind: resourceKindOf(other) });
    const user = users.find((candidate) => attributesOf(candidate)[reference.property] === id);
    if (user === undefined) continue;
    const cause = `${type.title} ${path} (version ${resource.version}) is used by ${user.id}; delete that first`;
    fail(context, `DependencyViolation.${other.path}`, cause);
  }
}

/** Fails the task with the error code of the product. The dialect puts it inside the error code of Cloud Control. */
function fail(context: StepContext, code: string, cause: string): never {
  throw new TerminalError(code, `step ${context.step}: ${cause}`);
}

function bodyOf(input: JsonObject): JsonObject {
  return isObject(input["body"]) ? input["body"] : {};
}
