/** The longest slug without its number: with `-100` it has the 120 characters that are stored. */
const baseCharactersMax = 116;

/** How many numbers are tried behind a slug that is taken (S-119). */
export const slugNumbersMax = 100;

/**
 * A text as a part of an address: lower case, each run of other characters one hyphen, none at the ends
 * (S-119). Letters lose their accents. Empty when no Latin letter and no digit is left.
 */
export function slugify(text: string, charactersMax: number): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, charactersMax)
    .replace(/-$/, '');
}

/**
 * The slug of a title, before it is made unique. A title of which nothing is left, as in most scripts, is
 * named by its kind and the end of its id: were it named by the kind alone, a knowledge base in Greek
 * would run out of numbers at its 102nd article.
 */
export function slugOfTitle(title: string, kind: 'article' | 'collection', id: string): string {
  return slugify(title, baseCharactersMax) || `${kind}-${id.slice(-12)}`;
}
