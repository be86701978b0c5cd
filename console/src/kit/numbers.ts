/** Numbers as people write them, for the API: without blanks, brackets, slashes and dashes. Pure. */
export const numberFrom = (text: string): string =>
  text
    .trim()
    .replace(/^00(?=[1-9])/, "+")
    .replace(/[\s()/.-]/g, "");

/** Is it a number, or the beginning of one, as people write it? Pure. */
export const isNumber = (text: string): boolean => /^[+\d*#(][\d\s()/.*#-]{2,}$/.test(text.trim());
