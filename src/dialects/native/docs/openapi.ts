import type { TSchema } from "typebox";
import type { NativeOperation } from "../operation.ts";
import { OPERATIONS } from "../operations.ts";
import { ErrorBody } from "../schemas.ts";

/** The OpenAPI 3.1 description. Its schemas are those that requests are checked with. */
export function openApi(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of Object.values(OPERATIONS)) {
    const methods = paths[operation.path] ?? {};
    methods[operation.method.toLowerCase()] = operationObject(operation);
    paths[operation.path] = methods;
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Taskscribe",
      version: "1",
      description: "Tasks of one's own, and one list of the tasks of all products.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths,
    components: { schemas: namedSchemas() },
  };
}

/** Every schema with a title that an operation takes or gives. */
function namedSchemas(): Readonly<Record<string, TSchema>> {
  const used = Object.values(OPERATIONS).flatMap(({ body, answer, otherwise }) => [
    body,
    answer,
    ...(otherwise?.answers ?? []),
  ]);
  const named = [...used, ErrorBody].flatMap((schema) => {
    const title = schema && titleOf(schema);
    return title === undefined ? [] : [[title, schema] as const];
  });
  return Object.fromEntries(named) as Record<string, TSchema>;
}

function operationObject(operation: NativeOperation): object {
  const { action, summary, status, body, answer, otherwise, nothing, stream } = operation;
  const type = stream ? "text/event-stream" : "application/json";
  return {
    operationId: action,
    summary,
    parameters: parametersOf(operation),
    ...(body && {
      requestBody: { required: operation.bodyRequired ?? false, content: content(body) },
    }),
    responses: {
      [status]: { description: "Done.", ...(answer && { content: content(answer, type) }) },
      ...(otherwise && {
        200: {
          description: otherwise.when,
          content: { "application/json": { schema: oneOf(otherwise.answers) } },
        },
      }),
      ...(nothing && { 204: { description: nothing } }),
      default: { description: "Refused, and why.", content: content(ErrorBody) },
    },
  };
}

function parametersOf(operation: NativeOperation): readonly object[] {
  const { path, query = {}, headers = {}, required = [] } = operation;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const inQuery = Object.entries(query).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
  const inHeaders = Object.entries(headers).map(([name, description]) => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  }));
  return [...inPath, ...inQuery, ...inHeaders];
}

function content(schema: TSchema, type = "application/json"): object {
  return { [type]: { schema: oneOf([schema]) } };
}

function oneOf(schemas: readonly TSchema[]): object {
  const references = schemas.map((schema) => {
    const title = titleOf(schema);
    return title === undefined ? schema : { $ref: `#/components/schemas/${title}` };
  });
  const [only] = references;
  return only !== undefined && references.length === 1 ? only : { anyOf: references };
}

function titleOf(schema: TSchema): string | undefined {
  return (schema as { title?: string }).title;
}
