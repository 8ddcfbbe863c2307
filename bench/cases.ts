import type { BenchCase } from "./case.ts";
import { busyCase } from "./cases/busy.ts";
import { describeCase } from "./cases/describe.ts";
import { eventsCase } from "./cases/events.ts";
import { listCase } from "./cases/list.ts";
import { memoryCase } from "./cases/memory.ts";
import { mocksCase } from "./cases/mocks.ts";
import { muchCase } from "./cases/much.ts";
import { neighboursCase } from "./cases/neighbours.ts";
import { openTasksCase } from "./cases/open-tasks.ts";
import { peersCase } from "./cases/peers.ts";
import { signedCase } from "./cases/signed.ts";
import { sizesCase } from "./cases/sizes.ts";
import { startUpCase } from "./cases/startup.ts";
import { submitCase } from "./cases/submit.ts";
import { tasksCase } from "./cases/tasks.ts";
import { verificationCase } from "./cases/verification.ts";

/** All cases, in the order of the report. */
export const CASES: readonly BenchCase[] = [
  describeCase,
  signedCase,
  sizesCase,
  listCase,
  submitCase,
  tasksCase,
  busyCase,
  eventsCase,
  neighboursCase,
  startUpCase,
  memoryCase,
  verificationCase,
];

/** Cases that run only with `--peers`. */
export const PEER_CASES: readonly BenchCase[] = [peersCase, mocksCase];

/** Cases that run only with `--size`: they take long and some GB. */
export const SIZE_CASES: readonly BenchCase[] = [openTasksCase, muchCase];
