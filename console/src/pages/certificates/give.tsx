import { Button, FileButton, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { IconFileUpload } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { ask } from "../../api/client.ts";
import { ApiProblem, messageOf } from "../../api/problem.ts";
import { Refused, toFirstFault } from "../../kit/refused.tsx";
import { tellDone } from "../../kit/tell.ts";
import { useText } from "./text.ts";

/** What is wrong with which field, each in its own line. */
type Faults = Partial<Record<"certificate" | "key", string[]>>;

/** A certificate of one's own, as files or as text: refused whole when anything of it is not right. */
export function GiveCertificate({
  opened,
  close,
  names,
}: {
  opened: boolean;
  close: () => void;
  names: readonly string[];
}) {
  const t = useText();
  const queries = useQueryClient();
  const [certificate, setCertificate] = useState("");
  const [key, setKey] = useState("");
  const [faults, setFaults] = useState<Faults>({});
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  const end = () => {
    // A private key stays in no field that nobody looks at.
    setKey("");
    setFaults({});
    setFault(undefined);
    close();
  };
  const send = async () => {
    setBusy(true);
    setFaults({});
    setFault(undefined);
    try {
      await ask("PUT", "/v1/certificates/given", { body: { certificate, key } });
      setCertificate("");
      end();
      tellDone(t("taken"));
      await queries.invalidateQueries({ queryKey: ["certificates"] });
    } catch (error) {
      const errors = error instanceof ApiProblem ? error.errors : [];
      const of = (path: string) => errors.filter((one) => one.path === path).map(({ message }) => message);
      setFaults({ certificate: of("/certificate"), key: of("/key") });
      if (errors.length === 0) setFault(messageOf(error));
      toFirstFault(form.current ?? undefined);
    } finally {
      setBusy(false);
    }
  };
  const field = (
    name: "certificate" | "key",
    value: string,
    set: (text: string) => void,
    accept: string,
    rows: number,
  ) => {
    const wrong = faults[name] ?? [];
    return (
      <Stack gap={6}>
        <Textarea
          label={t(name === "key" ? "keyField" : "certificateField")}
          description={t(name === "key" ? "keyHelp" : "certificateHelp")}
          value={value}
          onChange={(event) => set(event.currentTarget.value)}
          error={
            wrong.length > 0 &&
            wrong.map((text) => (
              <span key={text}>
                {text}
                <br />
              </span>
            ))
          }
          rows={rows}
          spellCheck={false}
          autoComplete="off"
        />
        <Group>
          <FileButton accept={accept} onChange={(file) => void file?.text().then(set)}>
            {(props) => (
              <Button
                {...props}
                size="xs"
                variant="default"
                leftSection={<IconFileUpload size={14} stroke={1.8} aria-hidden />}
              >
                {t(name === "key" ? "keyFile" : "certificateFile")}
              </Button>
            )}
          </FileButton>
        </Group>
      </Stack>
    );
  };
  return (
    <Modal opened={opened} onClose={end} title={t("giveTitle")} size="lg">
      <form
        ref={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Stack gap="lg">
          <Text size="sm" c="dimmed">
            {names.length > 0 ? t("giveNames", { names: names.join(", ") }) : t("giveNoNames")}
          </Text>
          {field("certificate", certificate, setCertificate, ".pem,.crt,.cer,.txt", 6)}
          {field("key", key, setKey, ".pem,.key,.txt", 4)}
          <Refused fault={fault} />
          <Group justify="flex-end">
            <Button variant="default" onClick={end}>
              {t("cancel")}
            </Button>
            <Button type="submit" loading={busy} disabled={certificate.trim() === "" || key.trim() === ""}>
              {t("use")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
