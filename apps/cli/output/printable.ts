/** Control characters, and those that turn the direction of text around. */
const unprintable = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A text on one line that is safe to show in a terminal: much of it was chosen by senders, and an
 * escape sequence in a user agent must not become one on the screen.
 */
export function printable(text: string): string {
  return text.replaceAll(unprintable, escapeOf);
}

/** The same for text of several lines, whose line ends and tabs stay. */
export function printableLines(text: string): string {
  return text.replaceAll(unprintable, (character) =>
    character === '\n' || character === '\t' ? character : escapeOf(character),
  );
}

const escapeOf = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A value of a document as text: what is empty is a dash, what is nested is JSON. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-';
  if (typeof value === 'string') return printable(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
    return printable(value.join(', ')) || '-';
  }
  return printable(JSON.stringify(value));
}
