import type { SecretKeyFormat } from '../../schemas/verifier-check.ts';
import type { VerificationKey } from '../types.ts';
import type { VerifyInput } from '../verify.ts';
import { mapMessageChecks, type Variation } from './variation.ts';

const keyFormats: readonly SecretKeyFormat[] = (
  ['utf8', 'base64', 'base64url', 'hex'] as const
).flatMap((encoding) => [{ encoding }, { encoding, stripPrefix: 'whsec_' }]);

/** Mistakes in copying a secret, and in how its text is turned into bytes. */
export function secretVariations({ verifier, keys }: VerifyInput): Variation[] {
  const withMaterial = (change: (material: Buffer) => Buffer): VerificationKey[] =>
    keys.map((key) => ({ ...key, material: change(key.material) }));
  return [
    {
      code: 'secret_newline',
      message:
        'The secret at the sender ends with a line break that the one of the hook does not have. Enter it at the sender without.',
      change: { keys: withMaterial((material) => Buffer.concat([material, Buffer.from('\n')])) },
    },
    {
      code: 'secret_blanks',
      message:
        'The secret of the hook has blanks or a line break around it. Enter it again without.',
      change: { keys: withMaterial((material) => Buffer.from(material.toString('utf8').trim())) },
    },
    ...keyFormats.map((format): Variation => ({
      code: 'secret_encoding',
      message: `The sender uses the secret ${formatText(format)}. Set the encoding and the prefix of the key in the verifier.`,
      change: {
        verifier: mapMessageChecks(verifier, (check) =>
          check.scheme === 'asymmetric'
            ? check
            : { ...check, key: { ...format, ...(check.key?.slot && { slot: check.key.slot }) } },
        ),
      },
    })),
  ];
}

function formatText({ encoding = 'utf8', stripPrefix }: SecretKeyFormat): string {
  const as = encoding === 'utf8' ? 'as text' : `decoded as ${encoding}`;
  return stripPrefix === undefined ? `${as}, all of it` : `${as}, without ${stripPrefix} in front`;
}
