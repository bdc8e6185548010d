import type { BytesEncoding, HmacCheck, MessageCheck } from '../../schemas/verifier-check.ts';
import { decodeBytes } from '../encoding.ts';
import { digestBytes } from '../secret-attempt.ts';
import type { VerifiableRequest } from '../types.ts';
import type { VerifyInput } from '../verify.ts';
import { mapMessageChecks, type Variation } from './variation.ts';

const encodings: readonly BytesEncoding[] = ['hex', 'base64', 'base64url'];
const algorithms = Object.keys(digestBytes) as HmacCheck['algorithm'][];
const headersMax = 64;
const elsewhereMax = 16;

/** The signature written or computed in another way, or standing in another header. */
export function signatureVariations({ verifier, request }: VerifyInput): Variation[] {
  const changed = (replace: (check: MessageCheck) => MessageCheck): Variation['change'] => ({
    verifier: mapMessageChecks(verifier, replace),
  });
  return [
    ...encodings.map((encoding): Variation => ({
      code: 'signature_encoding',
      message: `The signature is written in ${encoding}. Set the encoding of the signature in the verifier.`,
      change: changed((check) => ({ ...check, signature: { ...check.signature, encoding } })),
    })),
    ...algorithms.map((algorithm): Variation => ({
      code: 'algorithm',
      message: `The sender signs with HMAC-${algorithm.toUpperCase()}. Set the algorithm in the verifier.`,
      change: changed((check) => (check.scheme === 'hmac' ? { ...check, algorithm } : check)),
    })),
    ...['', 'sha1=', 'sha256=', 'sha512=', 'v0=', 'v1='].map((prefix): Variation => ({
      code: 'signature_prefix',
      message:
        prefix === ''
          ? 'The signature has nothing in front of it. Remove the prefix in the verifier.'
          : `The signature has ${prefix} in front of it. Set the prefix in the verifier.`,
      change: changed((check) => ({ ...check, signature: prefixed(check.signature, prefix) })),
    })),
    ...lookalikes(request).map((found): Variation => ({
      code: 'signature_elsewhere',
      message: `The signature stands in the header ${found.header}, as HMAC-${found.algorithm.toUpperCase()} in ${found.encoding}${found.prefix === '' ? '' : ` after ${found.prefix}`}. Set that in the verifier.`,
      change: changed((check) =>
        check.scheme === 'hmac' ? { ...check, ...formatOf(found) } : check,
      ),
    })),
  ];
}

function prefixed(signature: MessageCheck['signature'], prefix: string): MessageCheck['signature'] {
  const { prefix: _, isPrefixOptional: __, ...bare } = signature;
  return prefix === '' ? bare : { ...bare, prefix };
}

interface Lookalike {
  readonly header: string;
  readonly prefix: string;
  readonly encoding: BytesEncoding;
  readonly algorithm: HmacCheck['algorithm'];
}

const formatOf = (found: Lookalike): Pick<HmacCheck, 'algorithm' | 'signature'> => ({
  algorithm: found.algorithm,
  signature: {
    from: 'header',
    names: [found.header],
    encoding: found.encoding,
    ...(found.prefix !== '' && { prefix: found.prefix }),
  },
});

/** Headers whose value has the form of an HMAC. */
function lookalikes(request: VerifiableRequest): Lookalike[] {
  const headers = [...request.headers].slice(0, headersMax);
  return headers
    .flatMap(([header, values]) => {
      const [, prefix = '', text = ''] = /^([a-z0-9]{2,8}=)?(\S+)$/i.exec(values[0] ?? '') ?? [];
      return encodings.flatMap((encoding) => {
        const length = decodeBytes(text, encoding)?.length;
        const algorithm = algorithms.find((name) => digestBytes[name] === length);
        return algorithm === undefined ? [] : [{ header, prefix, encoding, algorithm }];
      });
    })
    .slice(0, elsewhereMax);
}
