import {
  ActionIcon,
  Button,
  FileButton,
  Group,
  Modal,
  Stack,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { IconFileUpload, IconTable, IconTrash } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, ask } from "../../api/client.ts";
import { ApiProblem, messageOf } from "../../api/problem.ts";
import { useSession } from "../../api/session.tsx";
import { useConfirm } from "../../kit/confirm.tsx";
import { Empty } from "../../kit/empty.tsx";
import { fieldOf } from "../../kit/field-errors.ts";
import { EntityList } from "../../kit/list.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { tellDone, tellFault } from "../../kit/tell.ts";
import { Num } from "../../kit/time.tsx";
import { defineStrings } from "../../shell/i18n.ts";

const useText = defineStrings("tables", {
  en: {
    title: "Tables",
    lead: "Lists that you bring along, such as customers and their account managers: rules look numbers up in them.",
    add: "Import a table",
    name: "Name",
    nameHelp: "As rules name it, such as customers. An existing one is replaced as a whole.",
    description: "Description",
    columns: "Columns",
    rows: "Rows",
    empty: "No tables yet",
    emptyWhat:
      "A table has a key, such as a caller's number, and what belongs to it. A rule can lead each caller to whoever looks after them.",
    csv: "Rows as CSV",
    csvHelp:
      "The first line has the names of the columns; the first column is the key, each once. At most 8 MB.",
    file: "Choose a file",
    make: "Import",
    replace: "Replace",
    done: "{{name}} is imported",
    remove: "Delete",
    removeTitle: "Delete table {{name}}?",
    removeCallers: "Nothing, as long as no rule looks it up; otherwise it is refused.",
    removed: "{{name}} is deleted",
  },
  de: {
    title: "Tabellen",
    lead: "Listen, die Sie mitbringen, etwa Kunden und wer sie betreut: Regeln schlagen Nummern darin nach.",
    add: "Tabelle einlesen",
    name: "Name",
    nameHelp: "Wie Regeln sie nennen, etwa kunden. Eine vorhandene wird ganz ersetzt.",
    description: "Beschreibung",
    columns: "Spalten",
    rows: "Zeilen",
    empty: "Noch keine Tabellen",
    emptyWhat:
      "Eine Tabelle hat einen Schlüssel, etwa die Nummer des Anrufers, und was dazugehört. Eine Regel kann jeden Anrufer zu dem führen, der ihn betreut.",
    csv: "Zeilen als CSV",
    csvHelp:
      "Die erste Zeile nennt die Spalten; die erste Spalte ist der Schlüssel, jeder nur einmal. Höchstens 8 MB.",
    file: "Datei wählen",
    make: "Einlesen",
    replace: "Ersetzen",
    done: "{{name}} ist eingelesen",
    remove: "Löschen",
    removeTitle: "Tabelle {{name}} löschen?",
    removeCallers: "Nichts, solange keine Regel darin nachschlägt; sonst wird es abgelehnt.",
    removed: "{{name}} ist gelöscht",
  },
});

const load = async (after: string, limit: number, signal: AbortSignal) => {
  const { tables, next } = await answer(
    api.GET("/v1/tables", { params: { query: { after, limit } }, signal }),
  );
  return { rows: tables, next };
};

export default function Tables() {
  const t = useText();
  const { may, writable } = useSession();
  const queries = useQueryClient();
  const confirm = useConfirm();
  const [version, setVersion] = useState(0);
  /** Which one is imported; "": a new one. */
  const [importing, setImporting] = useState<{ name: string; description: string }>();
  const changed = () => {
    setVersion((before) => before + 1);
    void queries.invalidateQueries({ queryKey: ["tables"] });
  };
  const remove = async (name: string) => {
    const question = {
      title: t("removeTitle", { name }),
      callers: t("removeCallers"),
      action: t("remove"),
    };
    if (!(await confirm(question))) return;
    try {
      await ask("DELETE", `/v1/tables/${encodeURIComponent(name)}`);
      tellDone(t("removed", { name }));
    } catch (error) {
      tellFault(error);
    }
    changed();
  };
  const change = may("operator");
  const add = change && (
    <Button
      leftSection={<IconFileUpload size={16} stroke={1.8} aria-hidden />}
      onClick={() => setImporting({ name: "", description: "" })}
    >
      {t("add")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} actions={add} />
      <Section flush>
        <EntityList
          name={`tables ${version}`}
          label={t("title")}
          load={load}
          rowKey={({ name }) => name}
          columns={[
            {
              id: "name",
              label: t("name"),
              cell: ({ name, description }) => (
                <>
                  <Text fw={500} inherit span>
                    {name}
                  </Text>{" "}
                  <Text c="dimmed" inherit span>
                    {description}
                  </Text>
                </>
              ),
            },
            { id: "columns", label: t("columns"), cell: ({ columns }) => columns.join(", "), wide: true },
            {
              id: "rows",
              label: t("rows"),
              cell: ({ rows }) => <Num value={rows} />,
              width: "90px",
              numeric: true,
            },
            ...(change
              ? [
                  {
                    id: "do",
                    label: "",
                    width: "clamp(78px, 18vw, 210px)",
                    cell: ({ name, description }: { name: string; description: string }) => (
                      <Group gap={6} justify="flex-end" wrap="nowrap">
                        <Button
                          visibleFrom="sm"
                          size="compact-sm"
                          variant="default"
                          onClick={() => setImporting({ name, description })}
                        >
                          {t("replace")}
                        </Button>
                        <Button
                          visibleFrom="sm"
                          size="compact-sm"
                          variant="default"
                          leftSection={<IconTrash size={14} stroke={1.7} aria-hidden />}
                          onClick={() => void remove(name)}
                        >
                          {t("remove")}
                        </Button>
                        <ActionIcon
                          hiddenFrom="sm"
                          size="lg"
                          aria-label={`${t("replace")}: ${name}`}
                          onClick={() => setImporting({ name, description })}
                        >
                          <IconFileUpload size={17} stroke={1.7} />
                        </ActionIcon>
                        <ActionIcon
                          hiddenFrom="sm"
                          size="lg"
                          aria-label={`${t("remove")}: ${name}`}
                          onClick={() => void remove(name)}
                        >
                          <IconTrash size={17} stroke={1.7} />
                        </ActionIcon>
                      </Group>
                    ),
                  },
                ]
              : []),
          ]}
          empty={
            <Empty icon={IconTable} title={t("empty")} action={add}>
              {t("emptyWhat")}
            </Empty>
          }
        />
      </Section>
      <Modal
        opened={importing !== undefined}
        onClose={() => setImporting(undefined)}
        title={t("add")}
        size="lg"
      >
        {importing && (
          <Import
            known={importing}
            writable={writable}
            done={(name) => {
              tellDone(t("done", { name }));
              setImporting(undefined);
              changed();
            }}
          />
        )}
      </Modal>
    </>
  );
}

function Import({
  known,
  writable,
  done,
}: {
  known: { name: string; description: string };
  writable: boolean;
  done: (name: string) => void;
}) {
  const t = useText();
  const [name, setName] = useState(known.name);
  const [description, setDescription] = useState(known.description);
  const [csv, setCsv] = useState("");
  const [busy, setBusy] = useState(false);
  const [faults, setFaults] = useState<Record<string, string>>({});
  const send = async () => {
    setBusy(true);
    setFaults({});
    try {
      await ask("PUT", `/v1/tables/${encodeURIComponent(name)}`, { body: { name, description, csv } });
      done(name);
    } catch (error) {
      const errors = error instanceof ApiProblem ? error.errors : [];
      const found = errors.map(({ path, message }) => [fieldOf(path), message] as const);
      setFaults(found.length === 0 ? { csv: messageOf(error) } : Object.fromEntries(found));
    }
    setBusy(false);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Stack>
        <TextInput
          label={t("name")}
          description={t("nameHelp")}
          value={name}
          required
          error={faults.name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <TextInput
          label={t("description")}
          value={description}
          error={faults.description}
          onChange={({ currentTarget }) => setDescription(currentTarget.value)}
        />
        <Textarea
          label={t("csv")}
          description={t("csvHelp")}
          value={csv}
          required
          error={faults.csv}
          minRows={6}
          maxRows={14}
          autosize
          placeholder={"number,name,manager\n+49711123456,ACME,ada"}
          onChange={({ currentTarget }) => setCsv(currentTarget.value)}
        />
        <Group justify="space-between">
          <FileButton accept="text/csv,.csv,.txt" onChange={(file) => void file?.text().then(setCsv)}>
            {(props) => (
              <Button variant="default" {...props}>
                {t("file")}
              </Button>
            )}
          </FileButton>
          <Button type="submit" loading={busy} disabled={!writable || name === "" || csv === ""}>
            {t("make")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
