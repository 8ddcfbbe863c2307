import fourSteps from "./four-steps.config.ts";

/** Ended tasks go to the archive after half a minute, so that a long run moves many. */
export default { ...fourSteps, retention: { succeeded: 30_000, canceled: 30_000, failed: 30_000 } };
