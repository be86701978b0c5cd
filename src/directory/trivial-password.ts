/**
 * Passwords of telephones that whoever searches a network for telephones tries at once: a user's own name, rows, repetitions, usual
 * words. A guessed one costs money the same night. Telephones get their passwords by the thousand, so this is judged without
 * dictionaries; the console's meter has them. All pure.
 */

const rows = [
  "01234567890",
  "abcdefghijklmnopqrstuvwxyz",
  "qwertyuiopasdfghjklzxcvbnm",
  "qwertzuiopasdfghjklyxcvbnm",
];
const bothWays = rows.flatMap((row) => [row, [...row].reverse().join("")]);

/** With figures around them they are what most people take. */
const usual =
  /^\d*(admin|administrator|asterisk|changeme|default|dialtone|geheim|hallo|iloveyou|kennwort|letmein|pass|password|passw0rd|passwort|phone|qwerty|qwertz|secret|sip|telefon|telephone|test|user|voip|welcome|willkommen|yealink)+\d*$/;

/** So many characters beside the name; digits alone that nobody tries one after the other. */
const leastOwn = 4;
const leastDigits = 12;

/** What is wrong with it; undefined: nothing. */
export function trivialPassword(password: string, user: string): string | undefined {
  const bare = (text: string) =>
    text
      .normalize("NFKC")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]/gu, "");
  const text = bare(password);
  const name = bare(user);
  if (name !== "" && text.includes(name) && text.replaceAll(name, "").length < leastOwn)
    return "must be more than the user's name";
  // As it was typed: where nothing but signs is left, the signs count.
  const whole = text === "" ? password : text;
  if (/^(.+?)\1+$/su.test(whole) || new Set(whole).size < leastOwn) return "must not repeat itself";
  if (bothWays.some((row) => row.includes(text) && text !== "") || usual.test(text))
    return "must not be a usual password";
  if (/^\p{N}+$/u.test(text) && text.length < leastDigits)
    return `must have more than digits, or at least ${leastDigits} of them`;
  return undefined;
}
