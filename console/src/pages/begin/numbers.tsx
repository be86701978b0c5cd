import { Anchor, NumberInput, SegmentedControl, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "@tanstack/react-router";
import { numberFrom } from "../../kit/numbers.ts";
import { defineStrings } from "../../shell/i18n.ts";
import { numberPath, rangePath } from "../numbers/numbers.tsx";
import classes from "./begin.module.css";
import { StepFrame, useSending, type Ways } from "./frame.tsx";
import { differingDigits, extensionDigits } from "./guess.ts";
import { faultsOf, make, useTyped } from "./keep.ts";
import { type Made, useMadeMore } from "./progress.ts";

const useText = defineStrings("begin-numbers", {
  en: {
    title: "Which numbers are yours?",
    lead: "Those that your carrier gave you, as the world dials them. Without any, people here call each other by short numbers all the same.",
    kind: "What you have",
    block: "A block in a row",
    single: "Single numbers",
    first: "First number",
    last: "Last number",
    lastHelp: "With as many digits as the first. Their last digits become the short numbers of your people.",
    digits: "Digits of the short numbers",
    digitsHelp: "{{example}} then rings {{extension}}.",
    unlike: "Must be behind the first, with as many digits.",
    noBlock: "Digits, with + and the country before them, such as +49711900.",
    numbers: "Numbers",
    numbersHelp: "Each with Enter, such as +4930123456. In the next step you say at whom each rings.",
    none: "Give at least one number, or skip this step.",
    have: "What you have",
    rings: "rings {{who}}",
    byDigits_one: "by its last digit",
    byDigits_other: "by their last {{count}} digits",
  },
  de: {
    title: "Welche Nummern haben Sie?",
    lead: "Die von Ihrem Carrier, wie die Welt sie wählt. Auch ohne eine erreichen sich alle hier über kurze Nummern.",
    kind: "Was Sie haben",
    block: "Ein Block",
    single: "Einzelne Nummern",
    first: "Erste Nummer",
    last: "Letzte Nummer",
    lastHelp: "Mit ebenso vielen Ziffern wie die erste. Die letzten werden die kurzen Nummern Ihrer Leute.",
    digits: "Stellen der kurzen Nummern",
    digitsHelp: "{{example}} klingelt dann bei {{extension}}.",
    unlike: "Muss hinter der ersten liegen, mit ebenso vielen Ziffern.",
    noBlock: "Ziffern, davor + und das Land, etwa +49711900.",
    numbers: "Nummern",
    numbersHelp:
      "Jede mit der Eingabetaste, etwa +4930123456. Im nächsten Schritt sagen Sie, bei wem sie klingeln.",
    none: "Geben Sie wenigstens eine Nummer an, oder überspringen Sie den Schritt.",
    have: "Was Sie haben",
    rings: "klingelt bei {{who}}",
    byDigits_one: "nach der letzten Ziffer",
    byDigits_other: "nach den letzten {{count}} Ziffern",
  },
});

export interface NumbersTyped {
  kind: "block" | "single";
  first: string;
  last: string;
  /** "": as many as the block suggests. */
  digits: number | string;
  /** Given to people in the next step: a number without somebody who rings is nothing to the service. */
  numbers: string[];
}

export const noNumbers: NumbersTyped = { kind: "block", first: "", last: "", digits: "", numbers: [] };

const isBlock = (number: string): boolean => /^\+?\d{2,20}$/.test(number);

/** A name for a block, of its digits: the same block has the same one. */
const rangeName = (first: string): string => `block-${first.replace("+", "")}`;

function Have({ made }: { made: Made }) {
  const t = useText();
  if (made.ranges.length + made.numbers.length === 0) return null;
  return (
    <div>
      <Text fw={500}>{t("have")}</Text>
      <ul className={classes.made}>
        {made.ranges.map(({ name, first, last, user, group, extension_digits: digits }) => (
          <li key={name}>
            <Anchor component={Link} className="num" to={rangePath(name)}>
              {first} – {last}
            </Anchor>
            <span className={classes.grow}>
              {digits === undefined
                ? (user ?? group) && t("rings", { who: user ?? group })
                : t("byDigits", { count: digits })}
            </span>
          </li>
        ))}
        {made.numbers.map(({ number, user }) => (
          <li key={number}>
            <Anchor component={Link} className="num" to={numberPath(number)}>
              {number}
            </Anchor>
            <span className={classes.grow}>{t("rings", { who: user })}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function NumbersStep({ made, ways }: { made: Made; ways: Ways }) {
  const t = useText();
  const madeMore = useMadeMore();
  const [typed, keep] = useTyped("numbers", noNumbers);
  const form = useForm<NumbersTyped>({ initialValues: typed, onValuesChange: keep });
  const first = numberFrom(form.values.first);
  const last = numberFrom(form.values.last);
  const differ = differingDigits(first, last);
  const digits = Number(form.values.digits || extensionDigits(first, last));

  const submitBlock = async () => {
    if (!isBlock(first)) return form.setFieldError("first", t("noBlock"));
    if (differ === 0 || last < first) return form.setFieldError("last", t("unlike"));
    await make("/v1/ranges", { name: rangeName(first), first, last, extension_digits: digits });
    keep(undefined);
    await madeMore();
    ways.next();
  };
  const submitSingle = () => {
    if (form.values.numbers.length === 0) return form.setFieldError("numbers", t("none"));
    keep({ ...form.values, numbers: form.values.numbers.map(numberFrom) });
    ways.next();
  };
  const send = async () => (form.values.kind === "block" ? await submitBlock() : submitSingle());
  const sending = useSending(form, send, (error) => {
    const { at, rest } = faultsOf(error, ["first", "last", "extension_digits"]);
    form.setErrors({ ...at, ...(at.extension_digits && { digits: at.extension_digits }) });
    return rest;
  });
  return (
    <StepFrame
      title={t("title")}
      lead={t("lead")}
      ways={ways}
      {...sending}
      done={made.ranges.length + made.numbers.length > 0}
    >
      <Have made={made} />
      <SegmentedControl
        aria-label={t("kind")}
        data={[
          { value: "block", label: t("block") },
          { value: "single", label: t("single") },
        ]}
        {...form.getInputProps("kind")}
      />
      {form.values.kind === "block" ? (
        <Stack gap="lg">
          <TextInput
            label={t("first")}
            placeholder="+49711900"
            inputMode="tel"
            autoComplete="off"
            required
            {...form.getInputProps("first")}
          />
          <TextInput
            label={t("last")}
            description={t("lastHelp")}
            placeholder="+49711999"
            inputMode="tel"
            autoComplete="off"
            required
            {...form.getInputProps("last")}
          />
          {isBlock(first) && differ > 0 && last > first && (
            <NumberInput
              label={t("digits")}
              description={t("digitsHelp", { example: first, extension: first.slice(-digits) })}
              min={differ}
              max={10}
              allowDecimal={false}
              maw={280}
              {...form.getInputProps("digits")}
              value={digits}
            />
          )}
        </Stack>
      ) : (
        <TagsInput
          label={t("numbers")}
          description={t("numbersHelp")}
          acceptValueOnBlur
          inputMode="tel"
          {...form.getInputProps("numbers")}
        />
      )}
    </StepFrame>
  );
}
