import { cellText } from './printable.ts';

/** What one check of a verifier found. */
interface Step {
  readonly at?: unknown;
  readonly scheme?: unknown;
  readonly reason?: unknown;
  readonly skewSeconds?: unknown;
  readonly signedParts?: unknown;
}

/** What the signature doctor says. */
interface Finding {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly wouldVerify?: unknown;
  readonly differsAtByte?: unknown;
}

interface JudgedRequest {
  readonly ok: boolean;
  readonly transcript: readonly Step[];
  readonly findings: readonly Finding[];
}

/** A judged request for people: the verdict, each check, then what would verify instead. */
export function verificationText({ ok, transcript, findings }: JudgedRequest): string {
  const isExplained = findings.some(({ wouldVerify }) => wouldVerify === true);
  return [
    ok ? 'The request verifies.' : 'The request does not verify.',
    ...transcript.map(stepText),
    ...findings.map(findingText),
    ...(ok || isExplained || findings.length === 0 ? [] : [nothingFound]),
  ].join('\n');
}

const nothingFound =
  'No single change that was tried makes it verify: the secret may be another one.';

function stepText({ at, scheme, reason, skewSeconds, signedParts }: Step): string {
  const place = at === '' ? '' : ` at ${cellText(at)}`;
  const age = skewSeconds === undefined ? '' : `, ${cellText(skewSeconds)} s old`;
  const parts = signedParts === undefined ? '' : `, over ${cellText(signedParts)}`;
  return `  ${cellText(scheme)}${place}: ${cellText(reason)}${age}${parts}`;
}

function findingText({ code, message, wouldVerify, differsAtByte }: Finding): string {
  const kind = wouldVerify === true ? 'Would verify' : 'Found';
  const where =
    differsAtByte === undefined ? '' : ` It differs at byte ${cellText(differsAtByte)}.`;
  return `${kind} (${cellText(code)}): ${cellText(message)}${where}`;
}
