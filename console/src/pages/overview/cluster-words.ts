import type { Cluster, ClusterProblem } from "../../api/cluster.ts";

/**
 * What the cluster says of itself (src/explain/), as a person who reads German meets it: by its stable codes. Hosts, figures and names of
 * files stay in the English sentence, which is shown beside it. Pure.
 */

export interface Words {
  what: string;
  /** What callers notice, or would notice at the next fault. */
  callers: string;
  advice: string;
}

const words = (what: string, callers: string, advice: string): Words => ({ what, callers, advice });

const nextFault = "Nach dem nächsten Ausfall des anderen Knotens käme kein Anruf durch";
const later = "Nach einer Übernahme würden Anrufe vielleicht anders behandelt";
const log = "Der Agent startet es neu; kommt es nicht, sagt das Protokoll dieses Teils warum";

/** Why it is not safe to lose a node, by the codes of src/report/light.ts. */
export const reasons: Readonly<Record<string, Words>> = {
  "nobody-holds": words(
    "Niemand hat die Dienstadresse",
    "Kein Anruf kommt durch",
    "Sehen Sie bei den Knoten nach, was jeden hindert",
  ),
  "holder-silent": words(
    "Der Agent des Inhabers der Dienstadresse antwortet nicht",
    "Jetzt nichts; ein Teil, der dort ausfällt, wird nicht neu gestartet",
    "Starten Sie dort den Agenten: dialtone up",
  ),
  "no-standby": words(
    "Kein anderer Knoten könnte übernehmen",
    "Nach dem nächsten Ausfall käme kein Anruf durch",
    "Schalten Sie den anderen Knoten ein",
  ),
  "not-heard": words(
    "Ein Knoten ist nicht zu hören",
    nextFault,
    "Ist er an, hat er Verbindung, läuft sein Agent?",
  ),
  "not-fit": words("Der andere Knoten kann nicht übernehmen", nextFault, "Sehen Sie nach, was ihm fehlt"),
  stopping: words("Der andere Knoten wird angehalten", nextFault, "Starten Sie ihn danach wieder"),
  "part-down": words(
    "Auf dem anderen Knoten läuft ein Teil nicht",
    "Was dieser Teil tut, fehlte nach einer Übernahme",
    log,
  ),
  "cut-off": words(
    "Der andere Knoten erreicht die Außenwelt nicht",
    "Nach einer Übernahme kämen Anrufe vielleicht nicht durch",
    "Sehen Sie nach Kabel und Router",
  ),
  "no-quorum": words(
    "Die Datenbank des anderen Knotens hat keine Mehrheit",
    "Anrufe gingen weiter, ihre Einträge warteten im Journal",
    "Stellen Sie die Verbindung der Hosts wieder her",
  ),
  "vote-missing": words(
    "In der Datenbank fehlt eine Stimme",
    "Anrufe gingen weiter, wie es vereinbart ist; Einträge warteten im Journal",
    "Bringen Sie den fehlenden Host zurück",
  ),
  "database-behind": words(
    "Die Datenbank des anderen Knotens hängt nach",
    "Änderungen der letzten Augenblicke wären nach einer Übernahme unbekannt",
    "Warten Sie; wird es nicht weniger, sehen Sie in mariadb.log nach",
  ),
  "replication-stopped": words(
    "Die Datenbank des anderen Knotens folgt nicht mehr",
    "Nach einer Übernahme gälten ältere Regeln; Einträge liegen nur auf einem Knoten",
    "Entscheiden Sie, wessen Daten stimmen; dann: dialtone database renew (docs/two-sites.md)",
  ),
  "replication-interrupted": words(
    "Die Datenbank des anderen Knotens erreicht die hiesige nicht",
    "Änderungen der letzten Augenblicke wären nach einer Übernahme unbekannt",
    "Stellen Sie die Verbindung wieder her: Es geht von selbst weiter",
  ),
  "release-differs": words(
    "Nicht alle Hosts haben dieselbe Version",
    later,
    "Bringen Sie alle auf dieselbe Version",
  ),
  "config-differs": words(
    "Nicht alle Hosts haben dieselbe Konfiguration",
    later,
    "Bringen Sie die richtige Datei auf alle Hosts; dialtone drift nennt die Zeilen",
  ),
  "rules-behind": words(
    "Der andere Knoten hat ältere Regeln",
    "Nach einer Übernahme gälten ältere Regeln",
    "Er holt sie von selbst; sonst sagt app.log dort warum",
  ),
  "locations-differ": words(
    "Die Knoten kennen nicht dieselben Telefone",
    "Manche Telefone wären nicht erreichbar, bis sie sich wieder anmelden",
    "Meist vergeht es von selbst; sonst hilft dort ein Neustart von Kamailio",
  ),
  "media-behind": words(
    "Der andere Knoten kennt nicht alle Gespräche",
    "Manche Gespräche verstummten bei einer Übernahme",
    "Meist vergeht es von selbst; sonst sehen Sie dort nach redis und rtpengine",
  ),
  "journal-unshipped": words(
    "Ereignisse von Anrufen warten auf die Datenbank",
    "Nichts; Einträge dieser Anrufe kommen spät",
    "Sie liegen nur auf der Platte dieses Hosts: Verlieren Sie sie nicht",
  ),
  "records-missing": words(
    "Ereignisse aus dem Journal fehlen in der Datenbank",
    "Nichts; Einträge dieser Anrufe sind unvollständig",
    "Der nächste Vergleich trägt sie nach: dialtone records check",
  ),
  "functional-failed": words(
    "Die Probeanrufe des anderen Knotens misslingen",
    "Nach einer Übernahme misslängen Anrufe",
    "Lesen Sie dort kamailio.log und app.log",
  ),
  hardware: words(
    "Auf dem anderen Knoten fehlt Platz oder etwas ist defekt",
    "Eine Übernahme könnte misslingen",
    "Schaffen Sie Platz, oder reparieren Sie den Host",
  ),
  "not-drilled": words(
    "Eine Übernahme wurde so noch nicht geübt",
    "Jetzt nichts; sie funktioniert nur auf dem Papier",
    "Üben Sie sie: Seite Übungen",
  ),
  "drill-failed": words(
    "Die letzte Übung ist misslungen",
    "Eine Übernahme könnte dauern oder Gespräche kosten, wie in der Übung",
    "Beheben Sie, was sie fand, und üben Sie wieder",
  ),
  "freeswitch-silent": words(
    "Ein FreeSWITCH-Host antwortet nicht",
    "Seine eigenen Gespräche sind zu Ende; Anrufe einer Farm gehen zu ihren anderen Zielen",
    "Ist er an, läuft dort FreeSWITCH?",
  ),
  "certificate-ends": words(
    "Das Zertifikat der Konsole endet bald",
    "Jetzt nichts; danach kommen Browser und die Telefone in ihnen nicht herein",
    "Seite Zertifikate: ein neues geben, oder warum keines kam",
  ),
  "certificate-over": words(
    "Das Zertifikat der Konsole ist zu Ende, oder beinahe",
    "Browser und die Telefone in ihnen kommen nicht herein, oder nicht mehr lange",
    "Seite Zertifikate: ein neues geben, oder warum keines kam",
  ),
  "certificates-differ": words(
    "Die Knoten zeigen Browsern verschiedene Zertifikate",
    "Nach einer Übernahme warnen Browser vielleicht",
    "Jeder Knoten holt sich das neueste von selbst; sonst sagt app.log warum",
  ),
};

const now = "Jetzt nichts";
const part = (name: string, down: string, risk = now): [string, (severity: string) => Words] => [
  name,
  (severity) => words(`${name} läuft nicht, wie es soll`, severity === "down" ? down : risk, log),
];
const same = (name: string, found: Words): [string, () => Words] => [name, () => found];

/** What is wrong, by the codes of src/explain/ beside those of the light. */
const problems: Readonly<Record<string, (severity: string) => Words>> = Object.fromEntries([
  part(
    "kamailio",
    "Anrufe kommen erst durch, wenn ein anderer Knoten übernommen hat",
    "Jetzt nichts; dieser Knoten kann nicht übernehmen",
  ),
  part(
    "rtpengine",
    "Gespräche sind stumm, bis ein anderer Knoten übernommen hat",
    "Jetzt nichts; Gespräche verstummten bei einer Übernahme",
  ),
  part("redis", now, "Jetzt nichts; nach der nächsten Übernahme fehlten Gespräche"),
  part("app", "Die App des anderen Knotens entscheidet", "Nichts; das Journal dieses Knotens wartet"),
  part("mariadb", "Anrufe gehen weiter", "Jetzt nichts; der nächste Ausfall kann die Mehrheit kosten"),
  part("garbd", now, "Jetzt nichts; fällt noch ein Knoten aus, gibt es keine Mehrheit"),
  part(
    "haproxy",
    "Telefone nichts; Browser erreichen die Konsole hier nicht",
    "Telefone nichts; Browser erreichen die Konsole hier nicht",
  ),
  part(
    "keepalived",
    "Anrufe kommen wieder durch, wenn ein anderer Knoten gewählt ist",
    "Jetzt nichts; dieser Knoten kann nicht übernehmen",
  ),
  [
    "address",
    (severity: string) =>
      severity === "down"
        ? words(
            "Die Dienstadresse ist nicht bei genau einem Knoten",
            "Anrufe kommen nicht durch, oder bei einem von beiden an",
            "Sehen Sie bei den Knoten nach, was jeden hindert",
          )
        : words("Die Dienstadresse ist nicht bei genau einem Knoten", "", ""),
  ],
  [
    "silent",
    (severity: string) =>
      words(
        "Ist nicht zu hören",
        severity === "down"
          ? "Anrufe kommen nicht durch"
          : "Jetzt nichts; nach dem nächsten Ausfall kann niemand übernehmen, oder Einträge warten",
        "Ist er an, hat er Verbindung, läuft sein Agent?",
      ),
  ],
  same(
    "link",
    words(
      "Eine Verbindung zwischen den Hosts ist unterbrochen",
      "Nichts, solange der Zeuge den Inhaber sieht; eine Übernahme dauert länger",
      "Sehen Sie nach Kabeln und Switch",
    ),
  ),
  same(
    "line",
    words(
      "Zwischen den Hosts gehen Pakete verloren",
      "Gespräche gehen weiter, manche Anrufe dauern eine Sekunde länger",
      "Sehen Sie nach Kabeln, Switch und der Last beider Hosts",
    ),
  ),
  same(
    "clock",
    words(
      "Die Uhren gehen nicht gleich",
      "Nichts; Zeiten in Einträgen stimmen vielleicht nicht",
      "Läuft auf allen Hosts ein Zeitdienst (NTP)?",
    ),
  ),
  same(
    "no-quorum",
    words(
      "Seine Datenbank hat keine Mehrheit",
      "Anrufe gehen weiter, ihre Einträge warten im Journal",
      "Bringen Sie fehlende Hosts und Verbindungen zurück; die Datenbank kommt dann von selbst wieder",
    ),
  ),
  same(
    "hardware",
    words(
      "Hier fehlt Platz, oder etwas ist defekt",
      "Anrufe gehen weiter",
      "Schaffen Sie Platz, oder reparieren Sie den Host",
    ),
  ),
  same("stopping", words("Wird angehalten", "Nichts; er übergibt vorher", "Wieder starten: dialtone up")),
  same(
    "drained",
    words("Ist außer Dienst", "Jetzt nichts; er übernimmt nicht", "Seite Wartung: wieder in Dienst nehmen"),
  ),
  same(
    "busy",
    words(
      "Antwortet spät, weil der Host viel zu tun hat",
      "Anrufe dauern länger; neu gestartet wird deshalb nichts",
      "Sehen Sie nach, was dort sonst läuft",
    ),
  ),
  same(
    "upstream",
    words(
      "Erreicht die Außenwelt nicht",
      "Wer von außen anruft, erreicht den Dienst wohl nicht, wenn dieser Knoten ihn hat",
      "Sehen Sie nach Kabel, Switch und Router",
    ),
  ),
  same(
    "webhook",
    words(
      "Ein Webhook nimmt nichts an",
      "Nichts; Programme hören später von Anrufen",
      "Antwortet seine Adresse rechtzeitig mit 2xx?",
    ),
  ),
  same(
    "refusing",
    words(
      "Weist Anrufe ab, weil es zu viele sind",
      "Manche bekommen 503; laufende Gespräche und Notrufe gehen weiter",
      "Finden Sie heraus, wer so oft anruft: Anrufliste",
    ),
  ),
  same(
    "carrier",
    words(
      "Ein Carrier schweigt oder antwortet mit Fehlern",
      "Anrufe gehen zum nächsten Carrier der Regel; ohne einen misslingen sie",
      "Ist die Leitung da? Er kommt von selbst zurück",
    ),
  ),
  same(
    "unregistered",
    words(
      "Ein Carrier nimmt unsere Anmeldung nicht an",
      "Anrufe von dort kommen nicht an",
      "Stimmen Benutzer, Passwort und Adresse? Seite Carrier",
    ),
  ),
  same(
    "guard",
    words(
      "Eine Grenze ist überschritten",
      "Weitere solche Anrufe bekommen 403, wo die Grenze sie aufhält",
      "Ist das jemand, oder ein gestohlenes Passwort? Anrufliste",
    ),
  ),
  same("freeswitch", reasons["freeswitch-silent"] as Words),
  same(
    "certificate",
    words(
      "Browser bekommen nicht das Zertifikat, das sie sollten",
      "Telefone nichts; Browser bekommen das vorige",
      "Es wird von selbst wieder versucht; Seite Zertifikate",
    ),
  ),
  same(
    "functional",
    words(
      "Probeanrufe gelingen nicht ganz",
      "Anrufe misslingen, wenn dieser Knoten sie hat; oder ihre Einträge kommen spät",
      "Lesen Sie dort kamailio.log und app.log",
    ),
  ),
  same(
    "outside",
    words(
      "Erreicht die Dienstadresse nicht",
      "Wer auf demselben Weg kommt, kommt nicht durch",
      "Vergleichen Sie mit den anderen Hosts: einer allein ist seine Leitung",
    ),
  ),
]);

/** undefined: this console knows no words for it. */
export const wordsOf = ({ code, severity }: Pick<ClusterProblem, "code" | "severity">): Words | undefined =>
  problems[code]?.(severity) ?? reasons[code];

/** For callers, in one sentence or two, as src/explain/answering.ts has it. */
export function headlineInGerman({ state, address, light, problems: [worst] }: Cluster): string {
  const { holders, ready } = address;
  const next =
    ready.length > 0
      ? `${ready.join(", ")} kann übernehmen.`
      : "Fällt er jetzt aus, kann niemand übernehmen.";
  const [holder] = holders;
  if (holder === undefined)
    return light.reasons.some(({ code }) => code === "holder-silent")
      ? `Wer die Dienstadresse hatte, behält sie, aber sein Agent antwortet nicht. ${ready.length > 0 ? next : "Fällt er aus, kann niemand übernehmen."}`
      : "Anrufe kommen nicht durch: Niemand hat die Dienstadresse.";
  if (holders.length > 1)
    return `Anrufe kommen durch, aber ${holders.join(" und ")} haben beide die Dienstadresse.`;
  if (state === "down" && worst)
    return `Anrufende merken etwas: ${worst.host}: ${wordsOf(worst)?.what ?? worst.what}. ${holder} hat die Dienstadresse; ${next}`;
  return `Anrufe kommen durch: ${holder} nimmt sie an. ${next}`;
}
