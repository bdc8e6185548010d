/**
 * A text as the search compares it: lower case, without accents, full-width and other compatible forms
 * made plain. Done here for what is indexed and for what is asked alike, since a database of the locale C
 * lowers the letters of ASCII only. The marks of other scripts, which are part of their words, stay.
 */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036F]+/g, '')
    .normalize('NFKC')
    .toLowerCase();
}
