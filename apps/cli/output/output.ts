import type { Host } from '../host.ts';
import { printableLines } from './printable.ts';
import { formatRecord, formatTable, type Column } from './table.ts';

interface Page<Row> {
  readonly data: readonly Row[];
  readonly nextCursor?: string | null;
}

/**
 * Where a command puts what it found. With `--json` that is one document on standard output, the
 * API's own where it comes from there; otherwise text. Notes are for people and go to standard error.
 */
export interface Output {
  readonly isJson: boolean;
  /** A page of a list. */
  list<Row>(page: Page<Row>, columns: readonly Column<Row>[]): void;
  /** One thing: its members, or what `shown` makes of them. */
  item(document: { readonly data: object }, shown?: Readonly<Record<string, unknown>>): void;
  /** Any document, with its text. */
  document(document: unknown, text: string): void;
  /** One of a stream of documents, each on a line of its own. */
  entry(document: unknown, text: string): void;
  /** Bytes as they are, whatever the form of output. */
  bytes(bytes: Uint8Array): void;
  note(text: string): void;
  /** Says of a secret that was just shown that it will not be again. */
  noteShownOnce(what: string): void;
}

/** The width of a terminal that does not tell its own. */
const columnsDefault = 100;

export function makeOutput({ stdout, stderr }: Host, isJson: boolean): Output {
  const write = (text: string): void => void stdout.write(text === '' ? '' : `${text}\n`);
  const note = (text: string): void => {
    if (!isJson) stderr.write(`${printableLines(text)}\n`);
  };
  const document = (value: unknown, text: string): void =>
    write(isJson ? JSON.stringify(value, undefined, 2) : printableLines(text));
  const widthMax = stdout.isTTY === true ? (stdout.columns ?? columnsDefault) : undefined;
  return {
    isJson,
    document,
    note,
    noteShownOnce: (what) => note(`${what} is shown this once: keep it now.`),
    list(page, columns) {
      document(page, formatTable(columns, page.data, widthMax));
      if (page.data.length === 0) note('There is none.');
      if (page.nextCursor) note(`More follow: repeat with --cursor ${page.nextCursor}, or --all.`);
    },
    item(value, shown) {
      document(value, formatRecord(shown ?? { ...value.data }));
    },
    entry(value, text) {
      write(isJson ? JSON.stringify(value) : printableLines(text));
    },
    bytes: (bytes) => void stdout.write(bytes),
  };
}
