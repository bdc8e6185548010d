import { Option } from 'commander';
import { usageFailure } from '../failure.ts';
import type { Input } from '../input.ts';
import { pairs, repeatable } from './values.ts';

export interface BodyOptions {
  readonly data?: string;
  readonly file?: string;
}

export const bodyOptions = (): readonly Option[] => [
  new Option('--data <text>', 'the body'),
  new Option(
    '--file <file>',
    'a file with the body, sent byte for byte; - is standard input',
  ).conflicts('data'),
];

/**
 * The bytes of a body: given, from a file, or what is piped in. Throws a usage failure where there is
 * nothing to send.
 */
export async function readBody(input: Input, { data, file }: BodyOptions): Promise<Buffer> {
  if (data !== undefined) return Buffer.from(data);
  if (file !== undefined) return input.bytes(file);
  if (input.isPiped) return input.bytes('-');
  throw usageFailure('There is no body: give --data or --file, or pipe it in.');
}

/** What HTTP allows in the name and in the value of a header. */
const headerName = /^[!#$%&'*+.^_`|~\w-]+$/;
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** An option for headers, `Name: value` each. */
export const headerOption = (description = 'a header of the request'): Option =>
  repeatable('--header <name:value>', description);

/** Headers as they were given, in order. Throws a usage failure for a text that is none. */
export function readHeaders(given: readonly string[] = []): [name: string, value: string][] {
  return pairs(given, ':').map(([rawName, rawValue]) => {
    const [name, value] = [rawName.trim(), rawValue.trim()];
    if (headerName.test(name) && headerValue.test(value)) return [name, value];
    throw usageFailure(`"${name}" is not the name of a header, or its value cannot be sent.`);
  });
}
