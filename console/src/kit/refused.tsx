import { Alert, Text } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";

/** Why something was not done, beside what was typed for it; nothing while there is no such reason. */
export function Refused({ fault, title }: { fault: string | undefined; title?: string }) {
  if (fault === undefined) return null;
  return (
    <Alert
      color="red"
      variant="light"
      icon={<IconAlertCircle size={18} />}
      role="alert"
      {...(title !== undefined && { title })}
    >
      <Text size="sm" style={{ whiteSpace: "pre-line" }}>
        {fault}
      </Text>
    </Alert>
  );
}

/** To the first field that is wrong, when it is marked so. */
export const toFirstFault = (within: ParentNode = document): void =>
  void requestAnimationFrame(() => within.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
