import { dialectContract } from "../../test/contracts/dialect-contract.ts";
import { kilnDialect } from "./kiln/routes.ts";

dialectContract({
  dialect: kilnDialect,
  errorShapes: [["RequestId", "HostId", "Code", "Message", "Recommend"]],
  taskType: "firing",
  attributes: {},
});
