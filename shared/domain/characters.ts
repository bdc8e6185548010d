/** How many characters a text has, counted as Postgres counts them: by code point. */
export function countCharacters(text: string): number {
  return Array.from(text).length;
}
