import type { RequestHeaders } from "../auth/request.ts";
import type { JsonObject } from "../core/json.ts";
import type { Operation } from "../message/operation.ts";
import type { TaskRights } from "../task-rights.ts";
import type { ClientCertificate } from "./keys/client-certificates.ts";

/** A request as access control sees it; the `Exchange` of `http/` is one. */
export interface AccessCall {
  readonly method: string;
  readonly target: string;
  readonly headers: RequestHeaders;
  /** Name, value, name, value …: shows headers that were sent twice. */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
  readonly requestId: string;
  /** What the call asks for; its action is empty if there is no such operation. */
  readonly operation: Operation;
  /** The address it came from; "" when it is not known. */
  readonly source: string;
  /** Whether it came over TLS. */
  readonly secure: boolean;
  /** Who the client proved to be by a certificate; absent: nobody. */
  readonly clientCertificate?: ClientCertificate | undefined;
  /** Whether the address it came from is this machine's own. */
  readonly local: boolean;
  /** Called once it is known who calls: counts the call for the account. A denial: the account has no room for it. */
  join?(account: string): Denial | undefined;
  /** Every value that a parameter has, in the path, the query, the form and the JSON body; what cannot be read has none. */
  values(name: string): readonly string[];
  /** Every text that stands under one of these names, anywhere in the call, also in lists and inside objects. */
  named(names: ReadonlySet<string>): ReadonlySet<string>;
  /** The parameters in the path. */
  readonly path: Readonly<Record<string, string>>;
}

/** Who makes a call, as access control knows it; the engine's `Caller` is a part of it. */
export interface AccessCaller {
  readonly account: string;
  readonly requestId: string;
  /** The principal behind the call. */
  readonly actor: string;
  readonly accessKeyId?: string;
  /** Where the call came from and whether over TLS, if it is to manage keys. */
  readonly source?: string;
  readonly secure?: boolean;
  /** What it may do with tasks, if it is held to policies or may be while the call goes on. */
  readonly rights?: TaskRights;
}

/** Why a call is turned away, as the vendor's gateway answers; the shell's Fault. */
export interface Denial {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** In our words, for the audit; holds nothing that the caller sent. */
  readonly reason: string;
  readonly retryAfterMs?: number;
  readonly detail?: JsonObject;
}

/** Knows the requests that a web page of another site may have made; the `SiteGuard` of `http/` is one. */
export interface SiteCheck {
  /** Why the request is refused; undefined: it is not. `changes` says whether its operation changes anything. */
  refusal(method: string, headers: RequestHeaders, changes: boolean): Denial | undefined;
}
