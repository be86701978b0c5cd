/** A regular expression as long as this is as much as a SIP server should compile for a call. */
const maxNumbers = 200;

const escaped = (number: string): string => number.replace(/[+.*#~]/g, (char) => `[${char}]`);

/**
 * The numbers that a user may show as a caller, as a POSIX extended regular expression for Kamailio's script; empty: none
 * beside its own name. Of very many assigned numbers only the first are taken: `may_show` names them in short. Pure.
 * @param mayShow as in the user's `may_show`: numbers, or beginnings with `*` behind them
 * @param assigned numbers that ring at the user
 */
export function showsPattern(mayShow: readonly string[], assigned: Iterable<string>): string {
  const listed = mayShow.map((text) =>
    text.endsWith("*") ? `${escaped(text.slice(0, -1))}.*` : escaped(text),
  );
  const own = [...assigned].slice(0, maxNumbers).map(escaped);
  const all = [...listed, ...own];
  return all.length === 0 ? "" : `^(${all.join("|")})$`;
}
