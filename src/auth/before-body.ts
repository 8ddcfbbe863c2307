import {
  type AuthenticationMode,
  authenticate,
  type CredentialLookup,
  GATEWAY_RULES,
  type SignatureRules,
} from "./authenticate.ts";
import { readParameters } from "./parameters.ts";
import type { AuthRefusal, RefusalReason } from "./refusals.ts";
import { type AuthRequest, headerText, queryOf } from "./request.ts";
import { FORM } from "./schemes/rpc-v1.ts";

/** What a form may still bring. */
const UNDECIDED: ReadonlySet<RefusalReason> = new Set([
  "incomplete-signature",
  "missing-parameter",
]);

/**
 * What the head of a request says against it, in the order of AUTH.md §4, as far as no body is needed: rows 1 to 9, and
 * of row 11 that the headers are signed. Undefined: the body has to be read to know more.
 * @param request its body is not looked at.
 */
export function refusalBeforeBody(
  request: AuthRequest,
  lookup: CredentialLookup,
  nowMs: number,
  mode: Exclude<AuthenticationMode, "signed">,
  rules: SignatureRules = GATEWAY_RULES,
): AuthRefusal | undefined {
  const found = authenticate({ ...request, body: NO_BODY }, lookup, nowMs, mode, rules);
  if (found.ok) return undefined;
  return UNDECIDED.has(found.reason) && mayGoOnInForm(request) ? undefined : found;
}

const NO_BODY = new Uint8Array(0);

/** In RPC v1 the signature, and what it names, may stand in the form. A signed query makes a form of every body. */
function mayGoOnInForm({ headers, target }: AuthRequest): boolean {
  if ((headerText(headers, "authorization") ?? "") !== "") return false;
  const type = (headerText(headers, "content-type") ?? "").toLowerCase();
  return (
    type.startsWith(FORM) ||
    readParameters(queryOf(target), []).some(({ name }) => name === "Signature")
  );
}
