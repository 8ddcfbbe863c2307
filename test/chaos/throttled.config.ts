import fourSteps from "./four-steps.config.ts";

export default {
  ...fourSteps,
  throttling: { account: { perSecond: 40, burst: 40 } },
};
