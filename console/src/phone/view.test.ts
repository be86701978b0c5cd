import { expect, test } from "vitest";
import { endingOf, microphoneFaultOf } from "./view.ts";

test.each([
  ["Terminated", "hung-up"],
  ["Busy", "busy"],
  ["Not Found", "not-found"],
  ["Dialog Error", "not-reached"],
  ["SIP Failure Code", "failed"],
])("JsSIP's '%s' is told as %s", (cause, ending) => expect(endingOf(cause)).toBe(ending));

test.each([
  ["NotFoundError", "none"],
  ["NotAllowedError", "refused"],
  ["NotReadableError", "taken"],
])("%s of the microphone is told as %s", (name, fault) => expect(microphoneFaultOf(name)).toBe(fault));
