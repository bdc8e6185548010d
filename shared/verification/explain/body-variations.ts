import { parseJsonBody } from '../../domain/json-body.ts';
import type { VerifyInput } from '../verify.ts';
import type { FindingCode } from './finding.ts';
import type { Variation } from './variation.ts';

/** A body that the sender may have signed instead of the one that came in. */
interface BodyForm {
  readonly code: FindingCode;
  readonly what: string;
  readonly bytes: Buffer;
}

/** Ways in which a body is changed between being signed and being received. */
export function bodyVariations({ request }: VerifyInput): Variation[] {
  const { body } = request;
  return [...textForms(body), ...jsonForms(body)]
    .filter((form) => !form.bytes.equals(body))
    .map(({ code, what, bytes }) => {
      const differsAtByte = firstDifference(body, bytes);
      return {
        code,
        message: `What was signed is the body ${what}. It first differs from the one that came in at byte ${differsAtByte}. Something between the sender and the hook changed the body, or the sender signs another text than it sends.`,
        differsAtByte,
        change: { request: { ...request, body: bytes } },
      };
    });
}

function textForms(body: Buffer): BodyForm[] {
  // latin1 maps every byte to one character and back.
  const text = body.toString('latin1');
  const form = (code: FindingCode, what: string, changed: string): BodyForm => ({
    code,
    what,
    bytes: Buffer.from(changed, 'latin1'),
  });
  return [
    form('body_newline', 'without its last line break', text.replace(/\r?\n$/, '')),
    form('body_newline', 'with a line break at its end', `${text}\n`),
    form('body_line_ends', 'with LF instead of CRLF', text.replaceAll('\r\n', '\n')),
    form('body_line_ends', 'with CRLF instead of LF', text.replaceAll(/\r?\n/g, '\r\n')),
    form('body_byte_order_mark', 'without its byte order mark', text.replace(/^\xef\xbb\xbf/, '')),
  ];
}

function jsonForms(body: Buffer): BodyForm[] {
  const parsed = parseJsonBody(body.subarray(hasMark(body) ? 3 : 0));
  if (!parsed.ok || body.length === 0) return [];
  const { value } = parsed;
  const compact = JSON.stringify(value);
  const sorted = sortKeys(value);
  const texts: readonly (readonly [what: string, text: string])[] = [
    ['as JSON without blanks', compact],
    ['as JSON with a blank after each comma and colon', spaced(value)],
    ['as JSON without blanks, its keys sorted', JSON.stringify(sorted)],
    ['as JSON with blanks, its keys sorted', spaced(sorted)],
    ['as JSON indented by two', JSON.stringify(value, null, 2)],
    ['as JSON indented by four', JSON.stringify(value, null, 4)],
    ['as JSON without blanks, in ASCII', escapeNonAscii(compact)],
    ['as JSON with blanks, in ASCII', escapeNonAscii(spaced(value))],
    ['as JSON without blanks, with escaped slashes', compact.replaceAll('/', '\\/')],
    [
      'as JSON without blanks, in ASCII with escaped slashes',
      escapeNonAscii(compact).replaceAll('/', '\\/'),
    ],
  ];
  return texts.map(([what, text]) => ({
    code: 'body_reserialized',
    what,
    bytes: Buffer.from(text),
  }));
}

const hasMark = (body: Buffer): boolean => body.subarray(0, 3).equals(Buffer.from('\uFEFF'));

/** `{"a": 1, "b": [1, 2]}`: what Python writes by default. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(
    ([name, field]) => `${JSON.stringify(name)}: ${spaced(field)}`,
  );
  return `{${fields.join(', ')}}`;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, field]) => [name, sortKeys(field)]));
}

const escapeNonAscii = (text: string): string =>
  text.replaceAll(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

function firstDifference(a: Buffer, b: Buffer): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    if (a[index] !== b[index]) return index;
  }
  return shared;
}
