import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const read = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');

/** The code of a page, each with the file that its first line names. */
function snippetsOf(page: string): { readonly file: string; readonly code: string }[] {
  return [...read(page).matchAll(/^```ts\n\/\/ (\S+)\n([^]*?)^```$/gm)].map(
    ([, file = '', code = '']) => ({ file, code }),
  );
}

test('every piece of code on docs/workflows.md is taken from a file that is tested', () => {
  const snippets = snippetsOf('docs/workflows.md');
  expect(snippets).toHaveLength(read('docs/workflows.md').split('```ts').length - 1);
  // The page is indented and broken by its own formatter.
  const flat = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
  for (const { file, code } of snippets) expect(flat(read(file))).toContain(flat(code));
});
