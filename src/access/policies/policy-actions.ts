import { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { LIMIT_TABLE } from "../../share-table.ts";
import type { AccessChange, Attachment } from "../../store/access-store.ts";
import { type Administration, type Author, notFound } from "../administration.ts";
import { refuseWhenFull } from "../limits/refused-records.ts";
import type { Params } from "../params.ts";
import { refuseBadPolicy, refuseUseless } from "./document-checks.ts";

/** The most policies that one key or role may have; RAM allows 20. */
const ATTACHED_LIMIT = 50;

/** Puts the document under the name, if one is given, and attaches it: both, or neither if one fails. */
export async function attachPolicy(api: Administration, params: Params, author: Author) {
  const name = params.name("name");
  const document = params.optionalObject("document");
  const target = targetIn(params);
  params.end();
  if (document !== undefined) refuseBadPolicy(document);
  return api.change("AttachPolicy", author, () => {
    const attachment = attachmentOf(api, target, author, name);
    const { account } = attachment;
    refuseTooManyAttached(api, attachment);
    const changes: AccessChange[] = [{ type: "attach", attachment }];
    const stored = api.options.ring.policy(account, name);
    if (document !== undefined) {
      refuseTooMany(api, account, name);
      changes.unshift({ type: "put-policy", policy: { account, name, document } });
    } else if (stored === undefined) throw notFound("policy", name);
    refuseUseless(document ?? stored?.document, api.options.operationsOf(account));
    const answer = told(attachment, { attached: true });
    return { account, resource: `access/${name}`, changes, told: answer };
  });
}

export async function detachPolicy(api: Administration, params: Params, author: Author) {
  const name = params.name("name");
  const target = targetIn(params);
  params.end();
  return api.change("DetachPolicy", author, () => {
    const attachment = attachmentOf(api, target, author, name);
    const { kind, target: to } = attachment;
    const own = api.options.ring.attachmentsOf(attachment.account, kind, to);
    if (!own.some(({ policy }) => policy === name)) throw notFound("attachment", name);
    const { account } = attachment;
    const changes = [{ type: "detach", attachment } as const];
    const answer = told(attachment, { attached: false, left: own.length - 1 });
    return { account, resource: `access/${name}`, changes, told: answer };
  });
}

/** A policy that is attached stays: a key that lost its last one could do more than before. */
export async function deletePolicy(api: Administration, params: Params, author: Author) {
  const asked = params.optionalName("account");
  const name = params.name("name");
  params.end();
  return api.change("DeletePolicy", author, () => {
    const account = api.accountOf(asked, author);
    const { ring } = api.options;
    if (ring.policy(account, name) === undefined) throw notFound("policy", name);
    const users = ring.attachments.filter((one) => one.account === account && one.policy === name);
    if (users.length > 0) {
      const who = users.map(({ kind, target }) => `${kind} ${target}`).join(", ");
      const message = `the policy ${name} is attached to ${who}; detach it first`;
      throw new DomainError("ResourceBusy", message, { kind: "policy", id: name });
    }
    const changes = [{ type: "remove-policy", account, name } as const];
    const answer = { name, account, status: "deleted" };
    return { account, resource: `access/${name}`, changes, told: answer };
  });
}

export async function listPolicies(api: Administration, params: Params, author: Author) {
  const account = api.accountOf(params.optionalName("account"), author);
  params.end();
  const { ring } = api.options;
  const attachments = ring.attachments.filter((one) => one.account === account);
  return {
    policies: ring.policies
      .filter((policy) => policy.account === account)
      .map(({ name, document }) => ({
        name,
        document,
        attachedTo: attachments
          .filter(({ policy }) => policy === name)
          .map(({ kind, target }) => `${kind} ${target}`),
      })),
  };
}

/** A key or a role, as a call names it. */
interface Target {
  readonly role: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly account: string | undefined;
}

function targetIn(params: Params): Target {
  const role = params.optionalName("role");
  const accessKeyId = params.optionalText("accessKeyId");
  if ((role === undefined) === (accessKeyId === undefined)) {
    throw new DomainError(
      "MissingParameter",
      "say what the policy is for: give either accessKeyId or role",
      { parameter: "accessKeyId" },
    );
  }
  return {
    role,
    accessKeyId,
    account: accessKeyId === undefined ? params.optionalName("account") : undefined,
  };
}

function attachmentOf(
  api: Administration,
  { role, accessKeyId: id, account: asked }: Target,
  author: Author,
  policy: string,
): Attachment {
  if (id === undefined) {
    const account = api.accountOf(asked, author);
    return { account, policy, kind: "role", target: role ?? "" };
  }
  const key = api.keyOf(id, author);
  if (key.temporary) {
    throw new DomainError("InvalidParameter", `${id} is temporary; attach policies to its role`, {
      parameter: "accessKeyId",
    });
  }
  return { account: key.account, policy, kind: "key", target: id };
}

function told({ policy, account, kind, target }: Attachment, more: JsonObject): JsonObject {
  return { name: policy, account, [kind === "key" ? "accessKeyId" : "role"]: target, ...more };
}

function refuseTooManyAttached({ options: { ring } }: Administration, one: Attachment): void {
  const { account, kind, target } = one;
  const own = ring.attachmentsOf(account, kind, target);
  if (own.some(({ policy }) => policy === one.policy)) return;
  if (own.length >= ATTACHED_LIMIT) {
    throw new DomainError(
      "ResourceBusy",
      `the ${kind} ${target} has ${own.length} policies, and may have ${ATTACHED_LIMIT}; put several statements into one policy, or detach one`,
      { limit: ATTACHED_LIMIT, found: own.length },
    );
  }
  const facts = { limit: LIMIT_TABLE.attachments.most, found: ring.attachmentCount(account) };
  const message = `the account ${account} has ${facts.found} attachments of policies, and may have ${facts.limit}; detach some first`;
  refuseWhenFull(ring, account, "attachments", facts, message);
}

function refuseTooMany({ options: { ring } }: Administration, account: string, name: string): void {
  if (ring.policy(account, name) !== undefined) return;
  const facts = { limit: LIMIT_TABLE.policies.most, found: ring.policyCount(account) };
  const message = `the account ${account} has ${facts.found} policies, which is as many as there may be; delete some first`;
  refuseWhenFull(ring, account, "policies", facts, message);
}
