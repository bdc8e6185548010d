import { isJsonObject } from './json-object.ts';

/** What stands where a character was that Postgres does not take: the Unicode replacement character. */
const replacement = '\uFFFD';

/**
 * Whether a text can be stored as it is. Postgres has no NUL in any text, and half a surrogate pair
 * is no character: encoded, it becomes the same three bytes as every other one.
 */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** The text with every character replaced that cannot be stored. */
export function toStorableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', replacement);
}

/**
 * JSON for a jsonb column, with every such character replaced, in names and values alike: for records
 * of what somebody else sent, which must be kept whatever is in them.
 */
export function toStorableJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(anyEscape, (escape) =>
    isUnstorableEscape.test(escape) ? replacement : escape,
  );
}

/**
 * A JSON value of texts, lists and objects as a jsonb column gives it back: with what cannot be stored
 * replaced, and the names of each object in the order of jsonb, which expressions can see.
 */
export const asStored = <Value>(value: Value): Value =>
  JSON.parse(toStorableJson(value), (_name, part: unknown) => inOrder(part)) as Value;

function inOrder(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, part]) => ({ name, part, bytes: Buffer.from(name) }))
      .toSorted((a, b) => a.bytes.length - b.bytes.length || a.bytes.compare(b.bytes))
      .map(({ name, part }) => [name, part]),
  );
}

/** Whether a JSON value can be stored as it is. */
export function isStorableJson(value: unknown): boolean {
  const escapes = JSON.stringify(value)?.match(anyEscape) ?? [];
  return !escapes.some((escape) => isUnstorableEscape.test(escape));
}

/** Each escape is taken whole, so that an escaped backslash before a `u` is not read as another one. */
const anyEscape = /\\(?:u[0-9a-f]{4}|[^u])/g;
/** `JSON.stringify` escapes a surrogate only where it stands alone. */
const isUnstorableEscape = /^\\u(?:0000|d[89a-f][0-9a-f]{2})$/;
