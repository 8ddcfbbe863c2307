import { defineDialect, jsonTemplate, renderOnce } from "../../../src/index.ts";
import { KILN } from "./dialect.ts";
import { ERRORS } from "./errors.ts";
import { OPERATIONS } from "./operations.ts";
import { kilnProduct } from "./product.ts";
import { describeFiring } from "./wire.ts";

export const kilnDialect = defineDialect({
  ...KILN,
  operations: OPERATIONS,
  errors: ERRORS,
  product: kilnProduct,
  render: () => renderOnce((task) => jsonTemplate(describeFiring(task), "RequestId")),
  control: { CancelFiring: "cancel" },
  options: { tokenParameters: ["ClientToken"] },
  // waitForTask reads an answer with these.
  tasks: {
    taskField: "Firing",
    stateField: "Phase",
    ends: { Finished: "succeeded", Broken: "failed", Canceled: "canceled", TooLate: "expired" },
    errorFields: { code: "Why.Code", message: "Why.Text" },
    taskIdPattern: "^kf-",
  },
});
