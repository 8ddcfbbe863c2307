import type { JsonObject } from "../../core/json.ts";

/** How this vendor's products spell the parameter that makes a call idempotent. */
const TOKEN_PARAMETERS: readonly string[] = ["client_token", "clientToken"];

/** The call's idempotency token: the first of the parameters that is not empty. */
export function tokenParameter(
  parameters: JsonObject,
  names: readonly string[] = TOKEN_PARAMETERS,
): string | undefined {
  for (const name of names) {
    const token = parameters[name];
    if (typeof token === "string" && token !== "") return token;
  }
  return undefined;
}
