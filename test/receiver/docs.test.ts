import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { secretKindOf, signatureProfiles } from '../../shared/signing/profiles.ts';

const read = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');

const page = read('docs/receiving.md');

test('every verifier and receiver on docs/receiving.md is the file that is tested', () => {
  const samples = [...page.matchAll(/^<!-- (\S+) -->\n\n```\w+\n([^]*?)^```$/gm)];
  expect(samples.map(([, file]) => file)).toEqual([
    'examples/receivers/typescript/receiver.ts',
    'examples/receivers/express/receiver.mjs',
    'examples/receivers/python/verify.py',
    'examples/receivers/go/verify.go',
    'examples/receivers/php/verify.php',
    'examples/receivers/ruby/verify.rb',
  ]);
  for (const [, file = '', code] of samples) expect(code).toBe(read(file));
});

test('S-065 S-067 docs/receiving.md lists every profile with the kind of its secret', () => {
  const names = { whsec: '`whsec_`', hex: '64 hex', ed25519: '`whsk_`' };
  const rows = [...page.matchAll(/^\| `(\w+)` +\|[^|]*\|[^|]*\| (.*?) +\|[^|]*\|$/gm)];
  expect(rows.map(([, profile, secret]) => [profile, secret])).toEqual(
    signatureProfiles.map((profile) => [profile, names[secretKindOf(profile)]]),
  );
});
