import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ask } from "../../api/client.ts";
import { messageOf } from "../../api/problem.ts";
import { type Question, useConfirm } from "../../kit/confirm.tsx";

/** Asks, deletes what is at `path`, and goes back to its list. What stands against it is shown. */
export function useRemove() {
  const confirm = useConfirm();
  const queries = useQueryClient();
  const navigate = useNavigate();
  return async (path: string, list: string, question: Question, done: string): Promise<void> => {
    if (!(await confirm(question))) return;
    try {
      await ask("DELETE", path);
      notifications.show({ message: done, color: "teal" });
      await queries.invalidateQueries({ queryKey: [list] });
      await navigate({ to: `/${list}` });
    } catch (error) {
      notifications.show({ message: messageOf(error), color: "red", autoClose: 10_000 });
    }
  };
}
