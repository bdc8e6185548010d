import { cellText } from './printable.ts';

/** A column: its heading, and what it shows of a row. */
export type Column<Row> = readonly [heading: string, cell: (row: Row) => unknown];

const gap = '  ';

/**
 * Rows as text. For people (`widthMax`, in characters): a heading, columns aligned, each line cut to
 * the screen. For programs (undefined): a line a row with tabs between its cells, nothing cut.
 */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  widthMax: number | undefined,
): string {
  const cells = rows.map((row) => columns.map(([, cell]) => cellText(cell(row))));
  if (widthMax === undefined) return cells.map((line) => line.join('\t')).join('\n');
  const lines = [columns.map(([heading]) => heading), ...cells];
  const widths = columns.map((_, index) =>
    Math.max(...lines.map((line) => line[index]?.length ?? 0)),
  );
  return lines
    .map((line) => line.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(gap))
    .map((line) => cut(line.trimEnd(), widthMax))
    .join('\n');
}

const cut = (line: string, widthMax: number): string =>
  line.length <= widthMax ? line : `${line.slice(0, widthMax - 1)}…`;

/** The members of one thing, a line each. */
export function formatRecord(members: Readonly<Record<string, unknown>>): string {
  const width = Math.max(...Object.keys(members).map((name) => name.length));
  return Object.entries(members)
    .map(([name, value]) => `${name.padEnd(width)}${gap}${cellText(value)}`)
    .join('\n');
}
