// The settings of what a signed request needs to be let in.
import { number, SWITCH, someOf } from "./kinds.ts";
import { setting } from "./setting.ts";

const QUARTER_OF_AN_HOUR_MS = 900_000;
const SCHEMES = ["acs3", "roa-v1", "rpc-v1"] as const;

export const SIGNATURE_SETTINGS = {
  schemes: setting(
    someOf("scheme", SCHEMES),
    SCHEMES,
    "the signature schemes that are accepted; acs3 alone for current SDKs, the older two for the aliyun CLI and Terraform",
    "all: acs3, roa-v1, rpc-v1",
  ),
  requireNonce: setting(
    SWITCH,
    false,
    "refuse signed requests without a nonce, which can be sent again while their date is accepted; the aliyun CLI sends none with ROA products",
  ),
  maxClockDifferenceMs: setting(
    number({ least: 1_000, most: QUARTER_OF_AN_HOUR_MS, whole: true, unit: "ms" }),
    QUARTER_OF_AN_HOUR_MS,
    "how far the date of a signed request may be from the server's clock",
  ),
  requireTls: setting(
    SWITCH,
    false,
    "refuse signed requests that come over plain HTTP, from this machine too",
  ),
};
