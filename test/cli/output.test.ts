import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { makeOutput } from '../../apps/cli/output/output.ts';

const page = {
  data: [
    { id: 'a-rather-long-id', note: 'x', count: null },
    { id: 'b', note: 'on two\nlines', count: 12 },
  ],
  nextCursor: null,
};

/** What a command that lists the page writes to a terminal of this width, or to something else. */
function listOn(columns: number | undefined, isJson = false): string {
  const terminal = columns === undefined ? {} : { isTTY: true, columns };
  const stdout = Object.assign(new PassThrough(), terminal);
  makeOutput({ stdin: new PassThrough(), stdout, stderr: new PassThrough() }, isJson).list(page, [
    ['ID', ({ id }) => id],
    ['NOTE', ({ note }) => note],
    ['COUNT', ({ count }) => count],
  ]);
  return String(stdout.read());
}

describe('a list', () => {
  test('on a terminal is a table under a heading', () => {
    expect(listOn(80)).toBe(
      [
        'ID                NOTE               COUNT',
        'a-rather-long-id  x                  -',
        String.raw`b                 on two\u000alines  12`,
        '',
      ].join('\n'),
    );
  });

  test('is cut to the width of the terminal, with a mark that it was', () => {
    const lines = listOn(20).trimEnd().split('\n');
    expect(lines.map((line) => line.length)).toEqual([20, 20, 20]);
    expect(lines[1]).toBe('a-rather-long-id  x…');
  });

  test('for another program has a line for each row, tabs between the cells, and nothing cut', () => {
    expect(listOn(undefined)).toBe(
      ['a-rather-long-id\tx\t-', 'b\ton two\\u000alines\t12', ''].join('\n'),
    );
  });

  test('with --json is the document itself, on a terminal too', () => {
    expect(JSON.parse(listOn(20, true))).toEqual(page);
  });
});
