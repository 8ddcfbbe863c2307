import { type ErrorTable, ownError } from "../../../src/index.ts";

/** What differs from the errors that this kind of API has in common. */
export const ERRORS: Partial<ErrorTable> = {
  TaskNotFound: {
    status: 404,
    code: "InvalidFiringId.NotFound",
    message: "The specified firing does not exist.",
    by: "product",
  },
  ResourceBusy: ownError(409, "KilnInUse"),
};
