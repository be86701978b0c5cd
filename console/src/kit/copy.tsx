import { Button, CopyButton } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { defineStrings } from "../shell/i18n.ts";

const useText = defineStrings("copy", {
  en: { copied: "Copied" },
  de: { copied: "Kopiert" },
});

/** Puts a text where one can paste it from, and says that it did. @param name where `label` alone does not say what */
export function Copy({
  value,
  label,
  name,
  size = "sm",
  filled = false,
}: {
  value: string;
  label: string;
  name?: string;
  size?: "xs" | "sm";
  filled?: boolean;
}) {
  const t = useText();
  const px = size === "xs" ? 14 : 16;
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Button
          variant={filled ? "filled" : "default"}
          size={size}
          onClick={copy}
          aria-label={name}
          leftSection={copied ? <IconCheck size={px} aria-hidden /> : <IconCopy size={px} aria-hidden />}
        >
          {copied ? t("copied") : label}
        </Button>
      )}
    </CopyButton>
  );
}
