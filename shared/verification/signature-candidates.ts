import type { SignatureFormat } from '../schemas/verifier-check.ts';
import { verifierLimits } from '../schemas/verifier-check.ts';
import { decodeBytes } from './encoding.ts';
import type { RequestView } from './request-view.ts';
import type { VerificationReason } from './types.ts';

/** What a request says about its signature: the candidates, or why there is none to try. */
export interface SignatureReading {
  /** Decoded signatures of the right length, at most `verifierLimits.signatures`. */
  readonly candidates: readonly Buffer[];
  readonly problem: VerificationReason | undefined;
  /** Every named item of the values, such as `t` of `t=…,v1=…`. */
  readonly items: readonly Item[];
}

interface Item {
  /** Undefined when the format has no names. */
  readonly field: string | undefined;
  readonly text: string;
}

/** Reads the signatures of a request. `bytesExpected`: the length of a digest, or undefined if it varies. */
export function readSignatures(
  format: SignatureFormat,
  view: RequestView,
  bytesExpected: number | undefined,
): SignatureReading {
  const readings = format.names.map((name) => view.read(format.from, name));
  if (readings.some((reading) => reading.kind === 'doubled')) return nothing('signature_doubled');
  const items = readings
    .flatMap((reading) => (reading.kind === 'one' ? [reading.text] : []))
    .flatMap((value) => splitItems(value, format));
  const texts = items
    .filter((item) => item.field === undefined || format.fields?.includes(item.field))
    .map((item) => item.text)
    .filter((text) => text !== '');
  if (texts.length === 0) return { ...nothing('signature_missing'), items };
  if (texts.length > verifierLimits.signatures) return { ...nothing('signature_surplus'), items };
  const candidates = texts
    .map((text) => decodeSignature(text, format))
    .filter((bytes) => bytes !== undefined)
    .filter((bytes) => bytesExpected === undefined || bytes.length === bytesExpected);
  return {
    candidates,
    items,
    problem: candidates.length === 0 ? 'signature_malformed' : undefined,
  };
}

const nothing = (problem: VerificationReason): SignatureReading => ({
  candidates: [],
  items: [],
  problem,
});

function splitItems(value: string, { itemSep, kvSep }: SignatureFormat): Item[] {
  const parts = itemSep === undefined ? [value] : value.split(itemSep);
  return parts
    .map((part) => part.replace(/^[ \t]+|[ \t]+$/g, ''))
    .map((part) => {
      if (kvSep === undefined) return { field: undefined, text: part };
      const at = part.indexOf(kvSep);
      return { field: part.slice(0, Math.max(at, 0)), text: part.slice(at + 1) };
    });
}

function decodeSignature(text: string, format: SignatureFormat): Buffer | undefined {
  const { prefix = '', isPrefixOptional = false, encoding } = format;
  if (text.startsWith(prefix)) return decodeBytes(text.slice(prefix.length), encoding);
  return isPrefixOptional ? decodeBytes(text, encoding) : undefined;
}
