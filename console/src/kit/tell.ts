import { notifications } from "@mantine/notifications";
import { messageOf } from "../api/problem.ts";

/** At the edge of the page: it was done. */
export const tellDone = (message: string): void => void notifications.show({ message, color: "teal" });

/** At the edge of the page, for long enough to be read: why it was not. @param words in the place of the error's own */
export const tellFault = (error: unknown, words = messageOf(error)): void =>
  void notifications.show({ message: words, color: "red", autoClose: 10_000 });
