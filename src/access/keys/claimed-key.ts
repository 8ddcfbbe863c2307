import { headerText } from "../../auth/request.ts";
import { ACS3_PREFIX, acs3AccessKeyId } from "../../auth/schemes/acs3.ts";
import { ROA_V1_PREFIX, roaV1AccessKeyId } from "../../auth/schemes/roa-v1.ts";
import type { AccessCall } from "../call.ts";

/** The form of an id. Anything else in its field may be a secret that was put there by mistake. */
const KEY_ID = /^(?:LTAI|STS\.)[A-Za-z0-9]{1,60}$/;

/** The access key id that a request names, proven or not, for the audit; "" if it names none that looks like one. */
export function claimedKeyId(call: AccessCall, isKnown: (id: string) => boolean): string {
  const authorization = headerText(call.headers, "authorization") ?? "";
  const id = authorization.startsWith(ACS3_PREFIX)
    ? acs3AccessKeyId(authorization)
    : authorization.startsWith(ROA_V1_PREFIX)
      ? roaV1AccessKeyId(authorization)
      : call.values("AccessKeyId")[0];
  return id !== undefined && (KEY_ID.test(id) || isKnown(id)) ? id : "";
}
