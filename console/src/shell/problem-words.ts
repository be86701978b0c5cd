/** Problems of the API as a person who reads German meets them: by their stable code, and what is wrong with a field. Pure. */

/** What the API says in English stands behind it in brackets where it names things: what refers to it, which line. */
type Wording = string | { text: string; detail: true };

const named = (text: string): Wording => ({ text, detail: true });

export const german: Readonly<Record<string, Wording>> = {
  "no-answer": "Niemand antwortet. Ist das Netz da? Es wird weiter versucht.",
  "malformed-json": named("Die Anfrage ist kein JSON"),
  "invalid-request": "So geht es nicht: Sehen Sie bei den Feldern nach.",
  unauthorized: "Sie sind nicht angemeldet.",
  forbidden: "Das dürfen Sie nicht.",
  "login-refused": "Name oder Passwort stimmt nicht.",
  "code-needed": "Es fehlt noch der zweite Faktor.",
  "code-refused": "Der Code stimmt nicht. Jeder gilt einmal, und etwa eine Minute lang.",
  "provider-refused": named("Die Anmeldung beim Anbieter wurde nicht angenommen"),
  "provider-stranger": named("Der Anbieter weiß, wer Sie sind; hier ist niemand mit Ihnen verknüpft"),
  "provider-unavailable": named("Der Anbieter ist gerade nicht zu erreichen"),
  "second-factor-required": "Ihre Rolle braucht einen zweiten Faktor.",
  "proof-needed": "Beweisen Sie noch einmal, dass Sie es sind.",
  "not-from-here": "Die Anfrage kommt nicht aus der Konsole. Laden Sie die Seite neu.",
  "too-many-tries": "Zu viele Anmeldungen sind misslungen. Warten Sie ein wenig.",
  "not-found": "Das gibt es nicht (mehr).",
  exists: "Das gibt es schon.",
  "in-use": named("Etwas anderes verweist darauf; nehmen Sie das zuerst weg"),
  "too-large": "Das ist zu groß.",
  "unsupported-media-type": named("Diese Art von Inhalt wird nicht angenommen"),
  "not-now": named("Das geht gerade nicht"),
  "range-not-satisfiable": "Der Ausschnitt liegt außerhalb der Datei.",
  "invalid-sheet": named("Die Preisliste kann nicht übernommen werden; nichts davon wurde geändert"),
  "invalid-script": named("Das Skript läuft so nicht"),
  "invalid-certificate": named("Das Zertifikat ist nicht brauchbar; nichts davon wurde übernommen"),
  "unknown-user": named("Einen solchen Benutzer gibt es nicht"),
  "unknown-name": named("Etwas davon gibt es nicht"),
  "invalid-change": named("So lässt es sich nicht ändern; nichts wurde geändert"),
  conflict: "Jemand anders hat inzwischen dasselbe geändert.",
  "precondition-failed": "Inzwischen ist es anders als das, was Sie gesehen haben.",
  "in-progress": "Dieselbe Anfrage wird gerade erledigt.",
  "key-reused": named("Der Schlüssel gehört zu einer anderen Anfrage"),
  internal: "Bei uns ist etwas schiefgegangen; das Protokoll der App weiß mehr.",
  "database-unavailable":
    "Im Moment ist keine Datenbank zu gebrauchen, nichts wurde gespeichert. Gespräche gehen weiter.",
  "agent-unavailable": "Der Agent dieses Knotens antwortet nicht. Gespräche gehen weiter.",
  "search-too-slow": "Die Suche dauert zu lange. Nennen Sie einen kürzeren Zeitraum.",
  "journal-unavailable":
    "Das Journal kann nicht geschrieben werden: Die Platte ist voll oder antwortet nicht.",
};

/** The same problem in German; English where its code is not known here. */
export function inGerman(code: string, english: string): string {
  const wording = german[code];
  if (wording === undefined) return english;
  return typeof wording === "string" ? wording : `${wording.text} (${english})`;
}

/** What validation says of a field: `$1` and on are what was found. The first that fits counts. */
const ofFields: readonly (readonly [pattern: RegExp, en: string, de: string])[] = [
  [/^Invalid input: expected \w+, received undefined$/, "is missing", "fehlt"],
  [/^Invalid input: expected number.*$/, "must be a number", "muss eine Zahl sein"],
  [/^Invalid input: expected int.*$/, "must be a whole number", "muss eine ganze Zahl sein"],
  [/^Invalid option: expected one of (.*)$/, "must be one of $1", "muss eines davon sein: $1"],
  [/^Too small: expected string.*>=1 char.*$/, "is missing", "fehlt"],
  [
    /^Too small: expected string.*>=(\d+) char.*$/,
    "must have at least $1 characters",
    "braucht mindestens $1 Zeichen",
  ],
  [
    /^Too big: expected string.*<=(\d+) char.*$/,
    "must have at most $1 characters",
    "darf höchstens $1 Zeichen haben",
  ],
  [/^Too small: expected array.*>=(\d+) item.*$/, "must have at least $1", "braucht mindestens $1"],
  [/^Too big: expected array.*<=(\d+) item.*$/, "must have at most $1", "darf höchstens $1 haben"],
  [
    /^Too small: expected (?:number|int) to be >=(-?[\d.]+)$/,
    "must be at least $1",
    "muss mindestens $1 sein",
  ],
  [/^Too big: expected (?:number|int) to be <=(-?[\d.]+)$/, "must be at most $1", "darf höchstens $1 sein"],
  [
    /^must have at least (\d+) characters$/,
    "must have at least $1 characters",
    "braucht mindestens $1 Zeichen",
  ],
  [
    /^must have at most (\d+) characters$/,
    "must have at most $1 characters",
    "darf höchstens $1 Zeichen haben",
  ],
  [
    /^must be 1 to (\d+) of letters, digits, (.*) and '-', beginning with a letter or digit$/,
    "must be 1 to $1 of letters, digits, $2 and '-', beginning with a letter or digit",
    "braucht 1 bis $1 Zeichen: Buchstaben, Ziffern, $2 und '-', mit Buchstabe oder Ziffer am Anfang",
  ],
  [
    /^must be 1 to (\d+) of letters, digits and ([^,]*)$/,
    "must be 1 to $1 of letters, digits and $2",
    "braucht 1 bis $1 Zeichen: Buchstaben, Ziffern und $2",
  ],
  [/^must be 1 to (\d+) digits$/, "must be 1 to $1 digits", "muss aus 1 bis $1 Ziffern bestehen"],
  [/^must be 4 to 12 digits$/, "must be 4 to 12 digits", "muss aus 4 bis 12 Ziffern bestehen"],
  [/^must be one line$/, "must be one line", "muss in einer Zeile stehen"],
  [
    /^must be digits, with \+ before a number of the world$/,
    "must be digits, with + before a number of the world",
    "muss aus Ziffern bestehen, mit + vor einer Nummer der Welt",
  ],
  [
    /^must have as many digits as first, and not be before it$/,
    "must have as many digits as the first, and not be before it",
    "braucht so viele Ziffern wie die erste und darf nicht vor ihr liegen",
  ],
  [
    /^must be a (?:time zone of the IANA list|time zone|IANA time zone),? such as (.*)$/,
    "must be a time zone such as $1",
    "muss eine Zeitzone sein, etwa $1",
  ],
  [/^must be a language such as (.*)$/, "must be a language such as $1", "muss eine Sprache sein, etwa $1"],
  [
    /^must be an address or a network such as (.*)$/,
    "must be an address or a network such as $1",
    "muss eine Adresse oder ein Netz sein, etwa $1",
  ],
  [
    /^must be a host name in small letters, an IPv4 address, or an IPv6 address without brackets$/,
    "must be a host name in small letters, an IPv4 address, or an IPv6 address without brackets",
    "muss ein Hostname in kleinen Buchstaben oder eine IP-Adresse sein",
  ],
  [/^must be an amount such as (.*)$/, "must be an amount such as $1", "muss ein Betrag sein, etwa $1"],
  [
    /^must be a date such as (.*), or (.*) for every year$/,
    "must be a date such as $1, or $2 for every year",
    "muss ein Datum sein, etwa $1, oder $2 für jedes Jahr",
  ],
  [
    /^must be a time of day from 00:00 to .*$/,
    "must be a time of day such as 08:30",
    "muss eine Uhrzeit sein, etwa 08:30",
  ],
  [
    /^must be the two capital letters of a country.*$/,
    "must be the two capital letters of a country, such as DE",
    "muss ein Land in zwei Großbuchstaben sein, etwa DE",
  ],
  [
    /^must not contain '(.*)': names are guessed first$/,
    "must not contain ‘$1’: names are guessed first",
    "darf „$1“ nicht enthalten: Namen werden zuerst geraten",
  ],
  [
    /^must not be (?:a common password, or nearly one|a usual password)$/,
    "must not be a common password, or nearly one",
    "darf kein verbreitetes Passwort sein, auch kein ähnliches",
  ],
  [
    /^must not repeat itself(?:, nor follow the keyboard or the alphabet)?$/,
    "must not repeat itself, nor follow the keyboard or the alphabet",
    "darf sich nicht wiederholen und nicht der Tastatur oder dem Alphabet folgen",
  ],
  [
    /^is guessed too easily: .*$/,
    "is guessed too easily: a few words that do not belong together are better",
    "ist zu leicht zu erraten: besser sind ein paar Wörter, die nicht zusammengehören",
  ],
  [
    /^must be more than the user's name$/,
    "must be more than the user's name",
    "muss mehr sein als der Name des Benutzers",
  ],
  [
    /^must have more than digits, or at least (\d+) of them$/,
    "must have more than digits, or at least $1 of them",
    "braucht mehr als Ziffern, oder mindestens $1 davon",
  ],
  [/^must end with (.*)$/, "must end with $1", "muss enden mit $1"],
  [
    /^must be an e-mail address such as (.*)$/,
    "must be an e-mail address such as $1",
    "muss eine E-Mail-Adresse sein, etwa $1",
  ],
  [
    /^there is no (user|group|site|carrier|calendar|table|flag) (\S+)$/,
    "there is no $1 $2",
    "$2 gibt es nicht",
  ],
];

/** What is wrong with a field, in the language; as it is where it is not known here. */
export function fieldWords(message: string, language: string): string {
  const found = ofFields.find(([pattern]) => pattern.test(message));
  if (!found) return message;
  const [pattern, en, de] = found;
  return message.replace(pattern, language === "de" ? de : en);
}
