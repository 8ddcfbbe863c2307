import { type ErrorTable, ownError } from "../../../src/index.ts";

/** The differences from the common errors of this kind of API. */
export const ERRORS: Partial<ErrorTable> = {
  TaskNotFound: {
    status: 404,
    code: "InvalidFiringId.NotFound",
    message: "The specified firing does not exist.",
    by: "product",
  },
  ResourceBusy: ownError(409, "KilnInUse"),
};
