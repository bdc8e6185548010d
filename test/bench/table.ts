import os from 'node:os';

/** The table that the bench prints, in Markdown. */
export interface Table {
  add(what: string, target: string, figure: string): void;
  print(): void;
}

export const milliseconds = (ms: number): string => `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;

export function makeTable(): Table {
  const rows: (readonly [string, string, string])[] = [['what', 'target', 'measured']];
  return {
    add: (...row) => void rows.push(row),
    print() {
      const widths = [0, 1, 2].map((column) =>
        Math.max(...rows.map((row) => row[column]?.length ?? 0)),
      );
      const line = (cells: readonly string[]): string =>
        `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
      const [head = ['', '', ''], ...body] = rows;
      const date = new Date().toISOString().slice(0, 10);
      console.log(`\n${date}, ${os.cpus().length} cores, Node ${process.versions.node}\n`);
      console.log(line(head));
      console.log(line(widths.map((width) => '-'.repeat(width))));
      for (const row of body) console.log(line(row));
      console.log('');
    },
  };
}
