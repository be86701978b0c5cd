import { Button } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ask } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { type Question, useConfirm } from "./confirm.tsx";
import { tellDone, tellFault } from "./tell.ts";

/** Asks, deletes what is at `path`, and goes back to its list. What stands against it is shown. */
export function RemoveButton({
  path,
  kind,
  to = `/${kind}`,
  question,
  done,
}: {
  path: string;
  /** First word of the queries' keys, which are asked anew. */
  kind: string;
  /** The page of the list. */
  to?: string;
  /** Its `action` is on the button too. */
  question: Question;
  /** What is told when it is gone. */
  done: string;
}) {
  const { writable } = useSession();
  const confirm = useConfirm();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const remove = async () => {
    if (!(await confirm(question))) return;
    try {
      await ask("DELETE", path);
      tellDone(done);
      await queries.invalidateQueries({ queryKey: [kind] });
      await navigate({ to });
    } catch (error) {
      tellFault(error);
    }
  };
  return (
    <Button
      variant="default"
      disabled={!writable}
      leftSection={<IconTrash size={16} stroke={1.8} aria-hidden />}
      onClick={() => void remove()}
    >
      {question.action}
    </Button>
  );
}
