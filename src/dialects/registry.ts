import { ackDialect } from "./ack/routes.ts";
import { bdrcDialect } from "./bdrc/routes.ts";
import { cloudControlDialect } from "./cloudcontrol/routes.ts";
import type { Dialect } from "./dialect.ts";
import { lingjunDialect } from "./lingjun/routes.ts";
import { nativeDialect } from "./native/routes.ts";

/** All dialects there are. Where nothing else tells them apart, the first that fits wins. */
export const DIALECTS: readonly Dialect[] = [
  ackDialect,
  lingjunDialect,
  bdrcDialect,
  cloudControlDialect,
  nativeDialect,
];
