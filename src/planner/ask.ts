import { checkbox, input, select } from "@inquirer/prompts";
import { messageOf } from "../base/message.ts";
import type { Ask } from "./init.ts";

/** Puts the questions in the terminal; a wrong answer is explained and asked for again. */
export const askInTerminal: Ask = async ({ text, usual, check, choices, several }) => {
  if (choices && several) {
    const chosen = await checkbox({
      message: text,
      choices: choices.map((choice) => ({ ...choice, checked: usual.split(",").includes(choice.value) })),
      required: true,
    });
    return chosen.join(",");
  }
  if (choices) return select({ message: text, choices, default: usual });
  return input({
    message: text,
    default: usual,
    validate: (answer) => {
      try {
        check?.(answer);
        return true;
      } catch (error) {
        return messageOf(error);
      }
    },
  });
};
