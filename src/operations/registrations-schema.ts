import { z } from "zod";

/** Who is registered where: GET /v1/registrations. */

const moment = z.iso.datetime({ offset: true });

export const registrationsSchema = z.object({
  users: z
    .array(
      z.object({
        user: z.string(),
        display: z.string(),
        contacts: z.array(
          z.object({
            contact: z.string(),
            received: z.string().describe("the address that it came from, where that is another one"),
            user_agent: z.string(),
            expires_at: moment,
            registered_at: moment.describe("when it was registered or refreshed last"),
            socket: z.string().describe("where it reached the service"),
          }),
        ),
      }),
    )
    .describe("in the order of their names"),
  next: z.string().nullable().describe("`after` of the next page"),
});
