import { InvalidArgumentError, Option } from 'commander';
import { usageFailure } from '../failure.ts';

/** Reads a whole number between two bounds. */
export const integer =
  (min: number, max: number) =>
  (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It has to be a whole number from ${min} to ${max}.`);
  };

/** Reads a moment in ISO 8601 with a time zone, as the API takes it. */
export function moment(text: string): string {
  const hasZone = /^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:\d\d)$/.test(text);
  if (hasZone && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError('Write it as 2026-01-31T08:00:00Z.');
}

/** An option that has to be given. */
export const needed = (flags: string, description: string): Option =>
  new Option(flags, `${description}; needed`).makeOptionMandatory();

/** An option that may be given several times; its value is the list of what was given. */
export function repeatable(flags: string, description: string): Option {
  return new Option(flags, `${description}; may be repeated`).argParser(
    (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
  );
}

/** Reads `name=value` pairs, each at its first separator. Throws a usage failure for a text without. */
export function pairs(
  texts: readonly string[],
  separator: string,
): [name: string, value: string][] {
  return texts.map((text) => {
    const at = text.indexOf(separator);
    if (at < 1) throw usageFailure(`"${text}" is not of the form name${separator}value.`);
    return [text.slice(0, at), text.slice(at + separator.length)];
  });
}

/** An option that switches something on or off. */
export const onOff = (flags: string, description: string): Option =>
  new Option(flags, description).choices(['on', 'off']);

/** What an option of that kind says; undefined when it was not given. */
export const isOn = (value: 'on' | 'off' | undefined): boolean | undefined =>
  value === undefined ? undefined : value === 'on';

/** The members that have a value. */
export function withoutUndefined<Members extends Record<string, unknown>>(
  members: Members,
): { [Name in keyof Members]?: Exclude<Members[Name], undefined> } {
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as {
    [Name in keyof Members]?: Exclude<Members[Name], undefined>;
  };
}
