import { isJsonObject } from '../domain/json-object.ts';
import { schemaFormats, schemaKeywords, schemaTypes, type KeywordForm } from './schema-keywords.ts';

/** What keeps the value of a keyword from being one, as a sentence; undefined when nothing does. */
export function checkKeyword(keyword: string, value: unknown): string | undefined {
  const form = schemaKeywords.get(keyword);
  if (form === undefined) return `The keyword ${keyword} is not supported.`;
  return checks[form](value);
}

const checks: Readonly<Record<KeywordForm, (value: unknown) => string | undefined>> = {
  annotation: () => undefined,
  anyValue: () => undefined,
  values: (value) => unless(isList(value), 'This must be a list of at least one value.'),
  number: (value) => unless(Number.isFinite(value), 'This must be a number.'),
  positiveNumber: (value) =>
    unless(Number.isFinite(value) && Number(value) > 0, 'This must be a number above 0.'),
  count: (value) =>
    unless(Number.isSafeInteger(value) && Number(value) >= 0, 'This must be 0 or a whole number.'),
  names: (value) => unless(isNames(value), 'This must be a list of names.'),
  nameLists: (value) =>
    unless(
      isJsonObject(value) && Object.values(value).every(isNames),
      'This must be an object of lists of names.',
    ),
  types: (value) =>
    unless(
      isOneOf(schemaTypes, value) || (isList(value) && value.every((type) => isType(type))),
      `This must be one of ${schemaTypes.join(', ')}, or a list of them.`,
    ),
  format: (value) =>
    unless(isOneOf(schemaFormats, value), `This must be one of ${schemaFormats.join(', ')}.`),
  ref: (value) =>
    unless(
      typeof value === 'string' && refPattern.test(value),
      'This must be #/$defs/ and a name of A–Z a–z 0–9 _ -.',
    ),
  schema: (value) => unless(isSchema(value), 'This must be a schema: an object or a boolean.'),
  schemas: (value) =>
    unless(isList(value) && value.every(isSchema), 'This must be a list of schemas.'),
  schemaMap: (value) =>
    unless(
      isJsonObject(value) && Object.values(value).every(isSchema),
      'This must be a map of schemas.',
    ),
};

const refPattern = /^#\/\$defs\/([A-Za-z0-9_-]{1,64})$/;

/** The name in `$defs` that a reference, once checked, is to. */
export function refTarget(ref: string): string {
  return refPattern.exec(ref)?.[1] ?? '';
}

const isSchema = (value: unknown): boolean => typeof value === 'boolean' || isJsonObject(value);
const isList = (value: unknown): value is unknown[] => Array.isArray(value) && value.length > 0;
const isNames = (value: unknown): boolean =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');
const isOneOf = (list: readonly string[], value: unknown): boolean =>
  typeof value === 'string' && list.includes(value);
const isType = (value: unknown): boolean => isOneOf(schemaTypes, value);
const unless = (isFine: boolean, message: string): string | undefined =>
  isFine ? undefined : message;
