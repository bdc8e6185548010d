import { Option } from 'commander';
import { defineCommand, type Call } from '../command.ts';
import { usageFailure, type CliFailure } from '../failure.ts';
import { findHook } from '../hook-lookup.ts';
import { authOptions } from '../options/auth.ts';
import {
  bodyOptions,
  headerOption,
  readBody,
  readHeaders,
  type BodyOptions,
} from '../options/body.ts';
import { proofSecretOptions } from '../options/secret.ts';
import { integer, repeatable } from '../options/values.ts';
import { cellText } from '../output/printable.ts';
import { asCurl } from '../sending/curl.ts';
import { placeKey, withProof, type PlacedKey } from '../sending/prove.ts';
import { readProof, type Proof, type ProofOptions } from '../sending/proof.ts';
import type { RequestParts } from '../sending/request.ts';
import { refusalOf, transmit, type Received } from '../sending/transmit.ts';

interface SendOptions extends ProofOptions, BodyOptions {
  readonly header?: readonly string[];
  readonly method: string;
  readonly key?: string;
  readonly prefer?: string;
  readonly repeat: number;
  readonly print?: boolean;
}

/** The methods that a receiver dispatches. */
const methods = ['POST', 'PUT', 'PATCH'];

export const proofOptions = (): readonly Option[] => [
  new Option('--hook <hook>', 'prove it as this hook wants it; asks the server'),
  ...authOptions(),
  ...proofSecretOptions(),
  repeatable('--slot-secret <slot=secret>', 'the secret of a slot, for verifiers with several'),
];

export const send = defineCommand<SendOptions>({
  usage: 'send <hook-or-url>',
  summary: 'Send a request as a sender would, with its proof',
  description:
    'To a hook by its slug: proven as that hook wants it. To an address: proven by --hook, --preset, --verifier or --auth; without any of them as it is. The exit code tells the answer: 0 for 2xx, 3 for 401.',
  examples: [
    `send alerts --data '{"alert":{"id":"1","severity":"high","title":"Disk full"}}'`,
    'send payments --secret-file whsec.txt --file event.json --key evt-1 --repeat 2',
    'send https://example.com/hooks/1 --preset github --secret-file secret.txt --file push.json --print',
  ],
  options: [
    ...proofOptions(),
    ...bodyOptions(),
    headerOption(),
    new Option('--method <method>', 'how to send it').choices(methods).default('POST'),
    new Option('--key <key>', 'the idempotency key, for hooks that read it from a header'),
    new Option('--prefer <preference>', 'what to ask of the receiver').choices(['respond-async']),
    new Option('--repeat <times>', 'send it so often, proven anew each time')
      .argParser(integer(1, 1_000))
      .default(1),
    new Option('--print', 'print the curl command instead, which holds the proof'),
  ],
  async run(call, target) {
    const { options, out } = call;
    const isAddress = /^https?:\/\//i.test(target);
    const proof = await readProof(call, options.hook ?? (isAddress ? undefined : target));
    const url = isAddress ? target : await addressOf(call, target, proof);
    const draft = await readDraft(call, url, proof);
    const make = (): RequestParts => (proof === undefined ? draft.parts : provenNow(draft, proof));
    if (options.print === true) {
      const curl = asCurl(make());
      if (out.isJson) out.document({ data: { curl } }, '');
      else out.bytes(Buffer.from(`${curl}\n`));
      return;
    }
    if (proof === undefined) out.note('Sent without a proof: nothing says how to make one.');
    await sendAll(call, make);
  },
});

/** The address of the hook that the target names, which may differ from the one that lends its proof. */
async function addressOf({ api }: Call, target: string, proof: Proof | undefined): Promise<string> {
  const { slug, id } = proof?.hook ?? {};
  if (proof?.hook !== undefined && (target === slug || target === id)) return proof.hook.url;
  return (await findHook(api, target)).data.url;
}

interface Draft {
  readonly parts: RequestParts;
  readonly messageId: string | undefined;
}

/** The request without its proof. */
async function readDraft(
  { input, options }: Call<SendOptions>,
  url: string,
  proof: Proof | undefined,
): Promise<Draft> {
  const { key, prefer, method } = options;
  if (key !== undefined && proof === undefined) {
    throw usageFailure('--key needs to know the receiver: give --hook, --preset or --verifier.');
  }
  const placed = key === undefined || proof === undefined ? noKey : placeKey(proof, key);
  const given = readHeaders(options.header);
  const hasType = given.some(([name]) => name.toLowerCase() === 'content-type');
  const headers = [
    ...(hasType ? [] : [['content-type', 'application/json'] as const]),
    ...given,
    ...placed.headers,
    ...(prefer === undefined ? [] : [['prefer', prefer] as const]),
  ];
  const body = await readBody(input, options);
  return { parts: { method, url, headers, body }, messageId: placed.messageId };
}

const noKey: PlacedKey = { messageId: undefined, headers: [] };

const provenNow = ({ parts, messageId }: Draft, proof: Proof): RequestParts =>
  withProof(parts, proof, { nowMs: Date.now(), messageId });

/**
 * Sends what `make` makes as often as asked. Throws the last refusal, once all is sent and shown; what
 * was answered is shown also when no answer comes any more.
 */
async function sendAll(
  { options, out }: Call<SendOptions>,
  make: () => RequestParts,
): Promise<void> {
  const answers: Received[] = [];
  let refused: CliFailure | undefined;
  try {
    for (let sent = 0; sent < options.repeat; sent += 1) {
      const received = await transmit(make());
      answers.push(received);
      refused = refusalOf(received) ?? refused;
      if (!out.isJson) out.entry(received, answerLine(received));
    }
  } finally {
    if (out.isJson) out.document({ data: answers }, '');
  }
  if (refused !== undefined) throw refused;
}

const answerLine = ({ status, body, durationMs }: Received): string =>
  `${status}  ${cellText(body)}  (${durationMs} ms)`;
