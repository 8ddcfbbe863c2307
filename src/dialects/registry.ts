import { ackDialect } from "./ack/routes.ts";
import { bdrcDialect } from "./bdrc/routes.ts";
import { cloudControlDialect } from "./cloudcontrol/routes.ts";
import type { Dialect } from "./dialect.ts";
import { lingjunDialect } from "./lingjun/routes.ts";
import { nativeDialect } from "./native/routes.ts";

/** The built-in dialects. A request that fits several of them belongs to the first. */
export const DIALECTS: readonly Dialect[] = [
  ackDialect,
  lingjunDialect,
  bdrcDialect,
  cloudControlDialect,
  nativeDialect,
];
