import { presets } from '../presets/index.ts';
import { checksOf, verifierSchema } from '../schemas/verifier.ts';
import { advice } from './explain/advice.ts';
import { bodyVariations } from './explain/body-variations.ts';
import type { SignatureFinding } from './explain/finding.ts';
import { secretVariations } from './explain/secret-variations.ts';
import { signatureVariations } from './explain/signature-variations.ts';
import { urlVariations } from './explain/url-variations.ts';
import { mapMessageChecks, type Variation } from './explain/variation.ts';
import type { Verification, VerificationStep } from './types.ts';
import { verifyRequest, type VerifyInput } from './verify.ts';

/** How many bytes may be hashed to explain one request. About a third of a second of one core. */
const hashedBytesMax = 128 * 1_024 * 1_024;

/** Some senders sign alike; more names than this do not help. */
const presetsMax = 5;

/**
 * The signature doctor: why a stored request does not verify, and which single change to the
 * configuration or to what was received would make it. Works offline on the bytes as they came in;
 * `nowMs` is the time at which they did.
 * The findings that would verify come first.
 */
export function explainSignature(input: VerifyInput): readonly SignatureFinding[] {
  const verification = verifyRequest(input);
  if (verification.ok) {
    return [{ code: 'verified', message: advice.verified, wouldVerify: true }];
  }
  const faults = faultsOf(verification);
  if (!verifierSchema.safeParse(input.verifier).success) return faults;
  const clock = clockFinding(input, verification);
  if (clock !== undefined) return [...formatFindings(input), clock, ...faults];
  return [...tryAll(input, variationsOf(input)), ...faults];
}

function faultsOf({ transcript }: Verification): SignatureFinding[] {
  return transcript.filter((step) => !step.ok).map(faultOf);
}

const faultOf = ({ at, reason, skewSeconds }: VerificationStep): SignatureFinding => ({
  code: reason,
  message: advice[reason],
  wouldVerify: false,
  at,
  ...(skewSeconds !== undefined && { skewSeconds }),
});

function variationsOf(input: VerifyInput): Variation[] {
  return [
    ...secretVariations(input),
    ...signatureVariations(input),
    ...timestampVariations(input),
    ...bodyVariations(input),
    ...urlVariations(input),
    ...presetVariations(input),
  ];
}

function timestampVariations({ verifier }: VerifyInput): Variation[] {
  return (['unix_s', 'unix_ms', 'iso8601'] as const).map((format) => ({
    code: 'timestamp_format',
    message: `The timestamp is in the format ${format}. Set it in the verifier.`,
    change: {
      verifier: mapMessageChecks(verifier, (check) =>
        check.timestamp === undefined
          ? check
          : { ...check, timestamp: { ...check.timestamp, format } },
      ),
    },
  }));
}

/** Formats under which the time is right by our clock: milliseconds taken for seconds look like an age. */
function formatFindings(input: VerifyInput): SignatureFinding[] {
  return timestampVariations(input)
    .filter(({ change }) => verifyRequest({ ...input, ...change }).ok)
    .map(({ code, message }) => ({ code, message, wouldVerify: true }));
}

/** The other presets, with the keys of the hook in each of their slots. */
function presetVariations({ keys }: VerifyInput): Variation[] {
  return presets.map((preset) => ({
    code: 'preset',
    message: `The request is one of ${preset.name}. Choose the preset ${preset.id}.`,
    presetId: preset.id,
    change: {
      verifier: preset.verifier,
      keys: preset.secret.slots.flatMap(({ slot }) => keys.map((key) => ({ ...key, slot }))),
    },
  }));
}

/** Tries each variation until the work allowed for one request is done. Of each code one is enough. */
function tryAll(input: VerifyInput, variations: readonly Variation[]): SignatureFinding[] {
  const findings: SignatureFinding[] = [];
  let hashedBytes = 0;
  for (const { change, ...finding } of variations) {
    const alike = findings.filter(({ code }) => code === finding.code);
    if (alike.length >= (finding.code === 'preset' ? presetsMax : 1)) continue;
    const varied = { ...input, ...change };
    hashedBytes += costBytes(varied);
    if (hashedBytes > hashedBytesMax) return [...findings, notEverythingTried];
    if (verifiesAtItsTime(varied)) findings.push({ ...finding, wouldVerify: true });
  }
  return findings;
}

const notEverythingTried: SignatureFinding = {
  code: 'not_everything_tried',
  message: 'The body is too large to try every variation. Try again with a smaller request.',
  wouldVerify: false,
};

/** An upper bound of what one trial hashes: every key of every check, twice for the clock. */
function costBytes({ verifier, request, keys }: VerifyInput): number {
  return 2 * (request.body.length + 4_096) * Math.max(keys.length, 1) * checksOf(verifier).length;
}

/** Whether a request verifies when our clock shows the time that it carries. */
function verifiesAtItsTime(input: VerifyInput): boolean {
  const verification = verifyRequest(input);
  return verification.ok || clockFinding(input, verification) !== undefined;
}

/** Only the time is wrong: the signature is right, and at the time of the request it would verify. */
function clockFinding(
  input: VerifyInput,
  { transcript }: Verification,
): SignatureFinding | undefined {
  const stale = transcript.find(({ reason }) => reason === 'too_old' || reason === 'too_new');
  if (stale?.skewSeconds === undefined) return undefined;
  const { at, reason, skewSeconds } = stale;
  const nowMs = input.nowMs - skewSeconds * 1_000;
  if (!verifyRequest({ ...input, nowMs }).ok) return undefined;
  const direction = skewSeconds > 0 ? 'before' : 'after';
  return {
    code: 'clock',
    message: `The signature is right; its time lies ${Math.abs(skewSeconds)} s ${direction} ours. ${reason === 'too_old' ? 'If the request was repeated or queued, widen maxAgeSeconds' : 'Widen maxFutureSeconds'}; otherwise set the clocks right.`,
    wouldVerify: true,
    at,
    skewSeconds,
  };
}
