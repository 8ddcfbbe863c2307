import fourSteps from "./four-steps.config.ts";

/** Ended tasks go to the archive at once: at each start, and every minute. */
export default { ...fourSteps, retention: { succeeded: 1 }, webhookTargets: "127.0.0.1" };
