import { Option } from 'commander';
import type { SignatureFinding } from '../../../shared/verification/explain/finding.ts';
import { explainSignature } from '../../../shared/verification/explain.ts';
import { verifyRequest, type VerifyInput } from '../../../shared/verification/verify.ts';
import { defineCommand, type Call, type CommandGroup } from '../command.ts';
import { checkFailure, usageFailure } from '../failure.ts';
import {
  bodyOptions,
  headerOption,
  readBody,
  readHeaders,
  type BodyOptions,
} from '../options/body.ts';
import { moment } from '../options/values.ts';
import { verificationText } from '../output/verification-text.ts';
import { prove } from '../sending/prove.ts';
import { readProof, requireSecrets, type Proof, type ProofOptions } from '../sending/proof.ts';
import { verifiable, type RequestParts } from '../sending/request.ts';
import { proofOptions } from './send.ts';

interface SignatureOptions extends ProofOptions, BodyOptions {
  readonly header?: readonly string[];
  readonly headersFile?: string;
  readonly method: string;
  readonly requestUrl?: string;
  readonly clientIp?: string;
  readonly at?: string;
  readonly messageId?: string;
}

const requestOptions = (): readonly Option[] => [
  ...proofOptions(),
  ...bodyOptions(),
  headerOption(),
  new Option('--headers-file <file>', 'its headers, one "Name: value" a line, as they were sent'),
  new Option('--method <method>', 'its method').default('POST'),
  new Option('--request-url <url>', 'the address it was sent to, where that is signed'),
  new Option('--at <moment>', 'judge it as at this moment; now when left out').argParser(moment),
];

const judgingOptions = (): readonly Option[] => [
  ...requestOptions(),
  new Option('--client-ip <address>', 'where it came from, for lists of addresses'),
];

const offlineNote = 'Works without a server, unless --hook is given.';

export const signature: CommandGroup = {
  name: 'signature',
  summary: 'Make, check and explain the proof of a request, offline',
  commands: [
    defineCommand<SignatureOptions>({
      usage: 'sign',
      summary: 'The headers that a sender would add to a request',
      description: offlineNote,
      examples: ['signature sign --preset github --secret-file secret.txt --file push.json'],
      options: [
        ...requestOptions(),
        new Option('--message-id <id>', 'where the sender has one; a new one when left out'),
      ],
      async run(call) {
        const { out, options } = call;
        const { parts, proof } = await readRequest(call);
        const { messageId } = options;
        const signed = prove(parts, proof, { nowMs: nowOf(options), messageId });
        const { headers, query } = signed;
        const body = signed.body.equals(parts.body) ? undefined : signed.body.toString('utf8');
        const lines = [
          ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
          ...Object.entries(query).map(([name, value]) => `?${name}=${encodeURIComponent(value)}`),
          ...(body === undefined ? [] : ['', body]),
        ];
        const data = { headers, query, ...(body !== undefined && { body }) };
        out.document({ data }, lines.join('\n'));
      },
    }),
    defineCommand<SignatureOptions>({
      usage: 'verify',
      summary: 'Whether a request proves its sender',
      description: `${offlineNote} Ends with 6 when it does not.`,
      examples: [
        'signature verify --preset stripe --secret-file whsec.txt --headers-file headers.txt --file body.json',
      ],
      options: judgingOptions(),
      run: (call) => judge(call, () => []),
    }),
    defineCommand<SignatureOptions>({
      usage: 'explain',
      summary: 'Why a request does not verify, and what would',
      description: `Tries one change at a time: the secret trimmed or decoded, another encoding, the body with other line ends or as JSON written anew (and at which byte it differs), the address, the clock, other senders. ${offlineNote} Ends with 6 when the request does not verify.`,
      examples: [
        `signature explain --preset github --secret-file secret.txt --header 'X-Hub-Signature-256: sha256=…' --file body.json`,
        'signature explain --hook alerts --secret-file secret.txt --headers-file headers.txt --file body.json',
      ],
      options: judgingOptions(),
      run: (call) => judge(call, explainSignature),
    }),
  ],
};

/** Judges a request and shows the verdict, with what `explain` says of one that does not verify. */
async function judge(
  call: Call<SignatureOptions>,
  explain: (input: VerifyInput) => readonly SignatureFinding[],
): Promise<void> {
  const { parts, proof } = await readRequest(call);
  requireSecrets(proof);
  const input: VerifyInput = {
    verifier: proof.verifier,
    request: verifiable(parts),
    keys: Object.entries(proof.secrets).map(([slot, secret]) => ({
      id: slot,
      slot,
      material: Buffer.from(secret),
    })),
    nowMs: nowOf(call.options),
  };
  const verification = verifyRequest(input);
  const data = {
    ok: verification.ok,
    refusal: verification.ok ? null : verification.refusal,
    transcript: verification.transcript,
    findings: verification.ok ? [] : explain(input),
  };
  call.out.document({ data }, verificationText(data));
  if (!data.ok) throw checkFailure(`The request does not verify (${data.refusal}).`);
}

const nowOf = ({ at }: SignatureOptions): number =>
  at === undefined ? Date.now() : Date.parse(at);

async function readRequest(
  call: Call<SignatureOptions>,
): Promise<{ readonly parts: RequestParts; readonly proof: Proof }> {
  const { input, options } = call;
  const proof = await readProof(call, options.hook);
  if (proof === undefined) {
    throw usageFailure('Say how the request is proven: --preset, --verifier, --auth or --hook.');
  }
  const { headersFile, method, clientIp } = options;
  const fromFile = headersFile === undefined ? [] : await readHeadersFile(call, headersFile);
  const headers = [...fromFile, ...readHeaders(options.header)];
  // An address of no consequence: it stands where none of the signed parts is one.
  const url = options.requestUrl ?? proof.hook?.url ?? 'https://receiver.invalid/';
  const body = await readBody(input, options);
  return { parts: { method, url, headers, body, clientIp }, proof };
}

async function readHeadersFile(
  { input }: Call,
  file: string,
): Promise<[name: string, value: string][]> {
  const lines = (await input.bytes(file)).toString('latin1').split(/\r?\n/);
  return readHeaders(lines.filter((line) => line.trim() !== ''));
}
