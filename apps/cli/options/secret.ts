import { Option } from 'commander';
import { usageFailure } from '../failure.ts';
import type { Input } from '../input.ts';

export interface SecretOptions {
  readonly secret?: string;
  readonly secretFile?: string;
}

/** Options for the secret that requests are proven with. */
export const proofSecretOptions = (): readonly Option[] => {
  const [secret, file] = secretOptions('the secret to prove requests with');
  return [secret.env('TIDEGATE_SECRET'), file];
};

/** Options for any other secret. Never from the environment: one that is set there is for proofs. */
export const secretOptions = (description: string): [Option, Option] => [
  new Option('--secret <secret>', `${description}; - reads it from standard input`),
  new Option('--secret-file <file>', 'a file that holds it').conflicts('secret'),
];

/**
 * The secret that was given, or undefined. One line end after it is not part of it. Throws a usage
 * failure when it would have to be typed where everybody can read it.
 */
export async function readSecret(
  input: Input,
  { secret, secretFile }: SecretOptions,
): Promise<string | undefined> {
  if (secret === '-' && !input.isPiped) {
    throw usageFailure(
      'A secret typed here would be shown on the screen.',
      'Pipe it into the command, or name a file with --secret-file.',
    );
  }
  const file = secret === '-' ? '-' : secretFile;
  if (file === undefined) return secret || undefined;
  const text = (await input.bytes(file)).toString('utf8').replace(/\r?\n$/, '');
  if (text === '') throw usageFailure('The secret is empty.');
  return text;
}
