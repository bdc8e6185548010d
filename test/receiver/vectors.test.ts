import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { verifyWebhook } from 'tidegate/receiver';
import { describe, expect, test } from 'vitest';
import published from '../../examples/receivers/vectors.json' with { type: 'json' };
import { receiverVectors, type Vector } from './vector-cases.ts';

const about =
  'Requests as Tidegate sends them, and what a receiver makes of each. "secrets" is what the receiver holds, "nowSeconds" its clock; the tolerance is 300 seconds. "key" tells which need Ed25519. Headers and body are exact.';

const judge = ({ scheme, secrets, headers, body, nowSeconds }: Vector) =>
  verifyWebhook({ scheme, secrets, headers, body: Buffer.from(body), nowSeconds });

describe('examples/receivers/vectors.json', () => {
  test('S-066 is what our own signing makes', async () => {
    const text = JSON.stringify({ about, vectors: receiverVectors });
    const pretty = await format(text, { parser: 'json', printWidth: 100 });
    await expect(pretty).toMatchFileSnapshot('../../examples/receivers/vectors.json');
  });

  test.for(receiverVectors)('S-066 S-068 $name', (vector) => {
    const { reason, headers } = vector;
    const result = judge(vector);
    expect(result.ok ? 'valid' : result.reason).toBe(reason ?? 'valid');
    const wantedId = reason === null ? headers['webhook-id'] : undefined;
    expect(result.ok ? result.id : undefined).toBe(wantedId);
  });
});

/** The formula alone, with nothing of ours: what an unknown receiver would compute. */
function hasRightHmac({ scheme, secrets, headers, body }: Vector): boolean {
  const hmac = (key: Buffer, text: string, encoding: 'hex' | 'base64') =>
    createHmac('sha256', key).update(text).digest(encoding);
  const [id, time] = [headers['webhook-id'], headers['webhook-timestamp']];
  const header = headers['X-Tidegate-Signature'] ?? headers['webhook-signature'] ?? '';
  const [, timestamp] = /t=(\d+)/.exec(header) ?? [];
  const isRight = (entry: string): boolean =>
    secrets.some((secret) =>
      scheme === 'timestamped'
        ? entry === `v1=${hmac(Buffer.from(secret), `${timestamp}.${body}`, 'hex')}`
        : entry ===
          `v1,${hmac(Buffer.from(secret.slice(6), 'base64'), `${id}.${time}.${body}`, 'base64')}`,
    );
  return header.split(scheme === 'timestamped' ? ',' : ' ').some(isRight);
}

interface Language {
  readonly program: string;
  /** The oldest version that the sample is written for, and how the program tells its own. */
  readonly least: readonly [major: number, minor: number];
  readonly version: string;
  readonly folder: string;
  readonly arguments: readonly string[];
}

const goTest = ['test', '-count=1', '-v', './...'];
const languages: readonly Language[] = [
  {
    program: 'python3',
    least: [3, 9],
    version: '--version',
    folder: 'python',
    arguments: ['-B', 'check.py'],
  },
  { program: 'go', least: [1, 21], version: 'version', folder: 'go', arguments: goTest },
  {
    program: 'php',
    least: [8, 1],
    version: '--version',
    folder: 'php',
    arguments: ['check.php'],
  },
  {
    program: 'ruby',
    least: [2, 7],
    version: '--version',
    folder: 'ruby',
    arguments: ['check.rb'],
  },
];

function isHere({ program, least, version }: Language): boolean {
  const { status, stdout } = spawnSync(program, [version], { encoding: 'utf8' });
  const [, major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(stdout ?? '')?.map(Number) ?? [];
  return status === 0 && (major > least[0] || (major === least[0] && minor >= least[1]));
}

const hmacVectors = receiverVectors.filter(({ key }) => key === 'hmac');

/** What the sample of a language says of the vectors; undefined where the language is missing. */
function runSample(language: Language): string | undefined {
  if (!isHere(language)) return undefined;
  const { program, folder, arguments: given } = language;
  const cwd = fileURLToPath(new URL(`../../examples/receivers/${folder}`, import.meta.url));
  const run = spawnSync(program, given, { cwd, encoding: 'utf8' });
  return `${run.stdout}${run.stderr}exit ${run.status}`;
}

/** The same from the shipped verifier, over what is published for the sample to read. */
function runReferee(): string {
  const vectors = (published.vectors as unknown as readonly Vector[]).filter(
    ({ key }) => key === 'hmac',
  );
  const wrong = vectors.filter((vector) => judge(vector).ok !== (vector.expected === 'valid'));
  const names = JSON.stringify(wrong.map(({ name }) => name));
  return `${vectors.length} vectors, wrong: ${names}\nexit ${Number(wrong.length > 0)}`;
}

describe('the verifiers of docs/receiving.md', () => {
  test('S-066 have valid vectors that the formula alone confirms', () => {
    const valid = hmacVectors.filter(({ expected }) => expected === 'valid');
    expect(valid.length).toBeGreaterThan(20);
    for (const vector of valid) expect(hasRightHmac(vector), vector.name).toBe(true);
  });

  // Without the language, what its sample would be checked with is checked in its place.
  test.for(languages)('S-066 S-068 $folder accepts and refuses what it should', (language) => {
    const said = runSample(language) ?? runReferee();
    expect(said).toContain(`${hmacVectors.length} vectors, wrong: []\n`);
    expect(said).toMatch(/exit 0$/);
  });
});
