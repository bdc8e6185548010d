import { createHash } from 'node:crypto';
import type { MessageCheck, SignedPart } from '../schemas/verifier-check.ts';
import type { RequestView } from './request-view.ts';

/** The texts of a request that a check has read before, as they were sent. */
export interface ReadTexts {
  readonly timestamp: string | undefined;
  readonly id: string | undefined;
}

/** A part as the transcript names it. Literals are configuration, so they are shown. */
export function partName(part: SignedPart): string {
  if (typeof part === 'string') return part;
  if ('literal' in part) return JSON.stringify(part.literal);
  const [[place, name] = []] = Object.entries(part);
  return `${place}:${name}`;
}

/** What the parts of a signed text are read from. */
interface Source {
  readonly check: MessageCheck;
  readonly view: RequestView;
  readonly texts: ReadTexts;
}

/**
 * The bytes that a signature is over, piece by piece, so that a large body is not copied; read once
 * and then put together for each key. Undefined when a part is not in the request: a missing part must
 * not count as an empty one.
 */
export function signedContent(source: Source): ((key: Buffer) => Buffer[]) | undefined {
  const pieces = source.check.signed.map((part) => {
    if (part === 'key') return part;
    return typeof part === 'object' ? namedPiece(part, source.view) : readers[part](source);
  });
  if (!pieces.every((piece) => piece !== undefined)) return undefined;
  return (key) => pieces.map((piece) => (piece === 'key' ? key : piece));
}

const readers: Readonly<
  Record<Exclude<Extract<SignedPart, string>, 'key'>, (source: Source) => Buffer | undefined>
> = {
  body: ({ view }) => view.request.body,
  timestamp: ({ texts }) => fromSent(texts.timestamp),
  id: ({ texts }) => fromSent(texts.id),
  method: ({ view }) => Buffer.from(view.request.method),
  url: (source) => Buffer.from(publicUrl(source)),
  url_decoded: (source) => Buffer.from(undoEscapes(publicUrl(source))),
  form_sorted: ({ view }) => sortedForm(view),
  body_sha256_hex: ({ view }) =>
    Buffer.from(createHash('sha256').update(view.request.body).digest('hex')),
};

/** What is hashed when the real content is not complete, so that it takes as long. */
export const decoyContent =
  ({ request }: RequestView) =>
  (): Buffer[] => [request.body];

function namedPiece(part: Exclude<SignedPart, string>, view: RequestView): Buffer | undefined {
  if ('literal' in part) return Buffer.from(part.literal);
  if ('header' in part) return fromReading(view.read('header', part.header), 'latin1');
  if ('query' in part) return fromReading(view.read('query', part.query), 'utf8');
  return fromReading(view.read('bodyPath', part.bodyPath), 'utf8');
}

function fromReading(reading: ReturnType<RequestView['read']>, encoding: 'latin1' | 'utf8') {
  return reading.kind === 'one' ? Buffer.from(reading.text, encoding) : undefined;
}

/** Timestamps and ids are ASCII once they were read. */
const fromSent = (text: string | undefined): Buffer | undefined =>
  text === undefined ? undefined : Buffer.from(text, 'latin1');

/** The address the sender knows, with the query of this request. */
function publicUrl({ check, view }: Source): string {
  const { url } = view.request;
  if (check.publicUrl === undefined) return url;
  const queryStart = url.indexOf('?');
  return check.publicUrl + (queryStart < 0 ? '' : url.slice(queryStart));
}

/** The escapes that HubSpot undoes in an address before it signs it; all others stay. */
const undoneEscapes = /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi;
const undoEscapes = (url: string): string =>
  url.replace(undoneEscapes, (escape) => decodeURIComponent(escape));

/**
 * A form as Twilio and Mandrill sign it: sorted by name, each name followed by its value, equal pairs
 * once. A request without a body has an empty form; any other body that is not a form has none.
 */
function sortedForm(view: RequestView): Buffer | undefined {
  const pairs = view.form() ?? (view.request.body.length === 0 ? [] : undefined);
  if (pairs === undefined) return undefined;
  const texts = new Map<string, Set<string>>();
  for (const [name, value] of pairs) {
    texts.set(name, (texts.get(name) ?? new Set()).add(value));
  }
  const sorted = [...texts].toSorted(([a], [b]) => compareUnits(a, b));
  return Buffer.from(
    sorted
      .flatMap(([name, values]) => [...values].toSorted(compareUnits).map((value) => name + value))
      .join(''),
  );
}

const compareUnits = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
