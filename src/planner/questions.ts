import { parseBusy } from "./busy.ts";
import { parseDuration, parseFrequency, parseMoney, parsePercent } from "./units.ts";

/**
 * What `dialtone plan init` asks, in plain words. Never "what downtime is acceptable": nobody knows that;
 * everybody knows what happens when nobody can call for an hour.
 */

interface Choice {
  name: string;
  value: string;
}

export interface Question {
  id: string;
  text: string;
  usual: string;
  /** Throws with what to write instead. */
  check?: (answer: string) => void;
  /** One of these … */
  choices?: Choice[];
  /** … or several, joined with commas. */
  several?: boolean;
}

export type Replies = Record<string, string>;

/** The services that can be described, in the words of their users. */
export const serviceKinds = {
  telephones: { nobodyCan: "nobody can call you", about: "Customers and partners call us" },
  web: { nobodyCan: "nobody can open your web site", about: "Our web site" },
  database: { nobodyCan: "nobody can look anything up or enter an order", about: "Orders, customers, stock" },
  files: { nobodyCan: "nobody can open a file", about: "Letters, lists and drawings" },
  routing: { nobodyCan: "nobody can reach the internet", about: "The way to the internet" },
} as const;
export type ServiceKind = keyof typeof serviceKinds;
export const allServices = Object.keys(serviceKinds) as ServiceKind[];

const filled = (answer: string) => {
  if (answer.trim() === "") throw new Error("please write something");
};
const currencyCode = (answer: string) => {
  if (!/^[A-Z]{3}$/.test(answer)) throw new Error("three capital letters, such as GBP or EUR");
};

export const companyQuestions: Question[] = [
  { id: "company", text: "What is your company called?", usual: "Our company", check: filled },
  {
    id: "currency",
    text: "In which currency do you count? (three letters)",
    usual: "GBP",
    check: currencyCode,
  },
  {
    id: "busy",
    text: "When do you work?",
    usual: "Mon-Fri 09:00-17:30",
    check: (answer) => void parseBusy(answer),
  },
  { id: "person", text: "Who looks after the computers?", usual: "Our computer person", check: filled },
  {
    id: "phone",
    text: "On which mobile number can we call this person?",
    usual: "number missing",
    check: filled,
  },
  {
    id: "responds",
    text: "How long until this person can begin, on a bad day and on a good one?",
    usual: "15 min to 2 h",
    check: (answer) => void parseDuration(answer),
  },
  {
    id: "wage",
    text: "What does an hour of this person cost you?",
    usual: "45 GBP",
    check: (answer) => void parseMoney(answer),
  },
  {
    id: "services",
    text: "What do you run yourselves?",
    usual: allServices.join(","),
    choices: allServices.map((value) => ({ name: `${value}: ${serviceKinds[value].about}`, value })),
    several: true,
  },
  {
    id: "ups",
    text: 'For how long do your machines run when the power fails? ("0 min" without a UPS)',
    usual: "10 min",
    check: (answer) => void parseDuration(answer),
  },
  {
    id: "line-fails",
    text: "How often did your internet line fail lately?",
    usual: "1 to 4 per year",
    check: (answer) => void parseFrequency(answer),
  },
  {
    id: "line-outage",
    text: "And how long did it take until it worked again?",
    usual: "1 h to 8 h",
    check: (answer) => void parseDuration(answer),
  },
];

/** What is asked about each service. */
export function serviceQuestions(kind: ServiceKind): Question[] {
  const { nobodyCan } = serviceKinds[kind];
  const usual = kind === "telephones" ? ["250 GBP", "20 GBP"] : ["100 GBP", "1 GBP"];
  return [
    {
      id: `${kind}.hour`,
      text: `What does it cost you if ${nobodyCan} for an hour, in working time?`,
      usual: usual[0] ?? "",
      check: (answer) => void parseMoney(answer),
    },
    {
      id: `${kind}.minute`,
      text: "And if it is only for a minute?",
      usual: usual[1] ?? "",
      check: (answer) => void parseMoney(answer),
    },
    {
      id: `${kind}.class`,
      text: `Could you work for half a day if ${nobodyCan}?`,
      usual: kind === "files" ? "routine" : "critical",
      choices: [
        { name: "No, we would send people home", value: "critical" },
        { name: "With difficulty", value: "important" },
        { name: "Yes, we would do something else", value: "routine" },
      ],
    },
    {
      id: `${kind}.workaround`,
      text: "What would your people do meanwhile?",
      usual: kind === "telephones" ? "Use their mobiles" : "Work on paper",
      check: filled,
    },
    {
      id: `${kind}.covers`,
      text: "How much of the loss does that save?",
      usual: "20 % to 40 %",
      check: (answer) => void parsePercent(answer),
    },
    {
      id: `${kind}.price`,
      text: "What did the machine cost that it runs on?",
      usual: "1500 GBP",
      check: (answer) => void parseMoney(answer),
    },
    {
      id: `${kind}.second`,
      text: "And if that machine breaks, is there a second one?",
      usual: "no",
      choices: [
        { name: "No", value: "no" },
        { name: "Yes, one lies on the shelf and must be set up", value: "hot/cold-passive" },
        { name: "Yes, it runs, but must first load the data", value: "hot/warm-passive" },
        { name: "Yes, it runs and has all data", value: "hot/warm-active" },
        { name: "Yes, both do all the work", value: "hot/hot" },
      ],
    },
    {
      id: `${kind}.backup`,
      text: "How often is a backup made that you could go back to?",
      usual: "24 h",
      check: (answer) => void parseDuration(answer),
    },
  ];
}
