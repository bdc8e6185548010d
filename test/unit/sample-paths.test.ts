import { describe, expect, test } from 'vitest';
import { samplePaths, type SamplePath } from '../../shared/domain/sample-paths.ts';

/** The tree as lines of `path = example`. */
function lines(paths: readonly SamplePath[]): string[] {
  return paths.flatMap((node) => [
    node.example === undefined ? node.path : `${node.path} = ${node.example}`,
    ...lines(node.children),
  ]);
}

describe('the paths of a sample', () => {
  test('S-042 are sorted, go through objects and the first item of lists, and survive null', () => {
    const { paths, isComplete } = samplePaths({
      title: 'Disk full',
      alert: { host: null, id: 7, open: true },
      items: [null, { name: 'b', count: 2 }, { name: 'c' }],
      grid: [[1, 2], [3]],
      none: [],
      nulls: [null, null],
    });
    expect(lines(paths)).toEqual([
      'alert',
      'alert.host = null',
      'alert.id = 7',
      'alert.open = true',
      'grid',
      'grid[0]',
      'grid[0][0] = 1',
      'items',
      'items[1]',
      'items[1].count = 2',
      'items[1].name = b',
      'none',
      'nulls',
      'title = Disk full',
    ]);
    expect(isComplete).toBe(true);
    expect(paths[2]).toMatchObject({
      label: 'items',
      kind: 'array',
      children: [{ label: '[1]', kind: 'object' }],
    });
  });

  test.for([
    ['x-id', '`x-id`'],
    ['2nd', '`2nd`'],
    ['größe', '`größe`'],
    ['and', '`and`'],
    ['a.b', '`a.b`'],
    ['has space', '`has space`'],
    ['tick`s', '$."tick`s"'],
    ['', '$.""'],
    ['new\nline', '$."new\\nline"'],
  ] as const)('S-042 quote the key %j as %s', ([key, path]) => {
    expect(samplePaths({ [key]: 1 }).paths).toMatchObject([{ path, label: key }]);
    const inner = path.startsWith('$.') ? `o${path.slice(1)}` : `o.${path}`;
    expect(samplePaths({ o: { [key]: 1 } }).paths).toMatchObject([{ children: [{ path: inner }] }]);
  });

  test.for([
    [[{ id: 1 }], ['value', 'value[0]', 'value[0].id = 1']],
    ['text', ['value = text']],
    [null, ['value = null']],
    [{}, []],
  ] as const)('S-042 of %j are %j', ([sample, wanted]) => {
    expect(lines(samplePaths(sample).paths)).toEqual(wanted);
  });

  test('S-042 show values in short, and none that a key calls a secret, however deep', () => {
    const { paths } = samplePaths({
      text: 'x'.repeat(500),
      apiKey: 'abc',
      Password: 12,
      tokens: { list: ['abc'], none: null },
    });
    expect(lines(paths)).toEqual([
      'Password = [redacted]',
      'apiKey = [redacted]',
      `text = ${'x'.repeat(79)}…`,
      'tokens',
      'tokens.list',
      'tokens.list[0] = [redacted]',
      'tokens.none = null',
    ]);
  });

  test('S-042 of a large sample leave out what lies deepest, and say so', () => {
    const wide = Object.fromEntries(
      Array.from({ length: 1_500 }, (_, n) => [`k${n}`, { inner: n }]),
    );
    const tree = samplePaths(wide);
    expect(tree.isComplete).toBe(false);
    expect(tree.paths).toHaveLength(1_500);
    expect(lines(tree.paths)).toHaveLength(2_000);

    let deep: unknown = 1;
    for (let n = 0; n < 500; n += 1) deep = { a: deep };
    expect(samplePaths(deep).isComplete).toBe(false);
    expect(lines(samplePaths(deep).paths)).toHaveLength(16);
  });
});
