import { Option } from 'commander';
import type { z } from 'zod';
import type { redeliveredSinceSchema } from '../../../shared/schemas/event-api.ts';
import type {
  endedRotationSchema,
  rotatedEndpointSecretSchema,
} from '../../../shared/schemas/rotation-api.ts';
import { defineCommand, type Call, type CliCommand } from '../command.ts';
import { waitOption, type WaitOptions } from '../delivery-outcome.ts';
import { endpointPath } from '../endpoint-lookup.ts';
import { integer, moment, needed, withoutUndefined } from '../options/values.ts';
import { showAttempted } from '../outbound-outcome.ts';

interface TestOptions extends WaitOptions {
  readonly type?: string;
  readonly dataFile?: string;
}

interface RotateOptions {
  readonly graceSeconds?: number;
  readonly kind?: string;
  readonly finish?: boolean;
  readonly abort?: boolean;
}

/** Tools for whoever looks after an endpoint. */
export const endpointTools: readonly CliCommand[] = [
  defineCommand<TestOptions>({
    usage: 'test <endpoint>',
    summary: 'Send one test event to an endpoint, whatever it filters by, and to no other',
    description: 'It is tried once.',
    examples: ['endpoints test shop --wait', 'endpoints test shop --type ticket.created --wait'],
    options: [
      new Option('--type <type>', 'a type of event, with its example as data; else test.ping'),
      new Option('--data-file <file>', 'data instead of the example, as JSON; - is standard input'),
      waitOption(),
    ],
    async run(call, endpoint) {
      const { api, input, options } = call;
      const { type: event, dataFile } = options;
      const data = dataFile === undefined ? undefined : await input.object(dataFile);
      const address = `${await endpointPath(api, endpoint)}/test`;
      const body = withoutUndefined({ event, data });
      const { deliveryId } = await api.post<{ readonly deliveryId: string }>(address, body);
      await showAttempted(call, deliveryId, 0);
    },
  }),
  defineCommand<RotateOptions>({
    usage: 'rotate <endpoint>',
    summary: 'Replace the secret of an endpoint, end the rotation early, or take it back',
    description:
      'During the grace (a day, unless said otherwise) both secrets sign: give the receiver the new one, then finish. Without a grace the old secret stops at once.',
    examples: [
      'endpoints rotate shop',
      'endpoints rotate shop --grace-seconds 0 --yes',
      'endpoints rotate shop --finish --yes',
      'endpoints rotate shop --abort --yes',
    ],
    options: [
      new Option('--grace-seconds <seconds>', 'how long the old secret signs too').argParser(
        integer(0, 2_592_000),
      ),
      new Option('--kind <kind>', 'kind of the new secret').choices(['whsec', 'hex', 'ed25519']),
      new Option(
        '--finish',
        'the receiver has the new secret: only that signs from now on',
      ).conflicts(['graceSeconds', 'kind', 'abort']),
      new Option('--abort', 'only the old secret signs again; the new one is erased').conflicts([
        'graceSeconds',
        'kind',
      ]),
    ],
    async run(call, endpoint) {
      const { options, confirm } = call;
      if (options.finish === true) {
        await confirm(`The old secret of ${endpoint} will stop signing.`);
        return endRotation(call, endpoint, 'finish');
      }
      if (options.abort === true) {
        await confirm(`The new secret of ${endpoint} will be erased.`);
        return endRotation(call, endpoint, 'abort');
      }
      if (options.graceSeconds === 0) {
        await confirm(`The secret of ${endpoint} will stop signing at once.`);
      }
      await beginRotation(call, endpoint);
    },
  }),
  defineCommand<{ since: string }>({
    usage: 'redeliver <endpoint>',
    summary: 'Send an endpoint again everything that it was sent since a moment',
    description:
      'At most seven days back, once a minute, at the rate of the endpoint. Events with a delivery that is still open are skipped. For a choice of deliveries see "tidegate replay".',
    examples: ['endpoints redeliver shop --since 2026-01-31T08:00:00Z'],
    options: [needed('--since <moment>', 'from this moment on').argParser(moment)],
    async run({ api, out, options }, endpoint) {
      const address = `${await endpointPath(api, endpoint)}/redeliver-since`;
      const { since } = options;
      const answer = await api.post<z.output<typeof redeliveredSinceSchema>>(address, { since });
      const { scheduled, skippedAlreadyPending } = answer;
      out.document(answer, `scheduled ${scheduled}, skipped ${skippedAlreadyPending} still open`);
    },
  }),
];

async function beginRotation(
  { api, out, options }: Call<RotateOptions>,
  endpoint: string,
): Promise<void> {
  const { graceSeconds, kind } = options;
  const answer = await api.post<z.output<typeof rotatedEndpointSecretSchema>>(
    `${await endpointPath(api, endpoint)}/rotate-secret`,
    withoutUndefined({ graceSeconds, kind }),
  );
  const { signingSecret, publicKey, previousSecretExpiresAt } = answer;
  const lines = [
    `signingSecret        ${signingSecret}`,
    ...(publicKey === null ? [] : [`publicKey            ${publicKey}`]),
    `previousSecretUntil  ${previousSecretExpiresAt ?? 'it stopped at once'}`,
  ];
  out.document(answer, lines.join('\n'));
  out.noteShownOnce('The secret');
}

async function endRotation(
  { api, out }: Call<RotateOptions>,
  endpoint: string,
  verb: 'finish' | 'abort',
): Promise<void> {
  const address = `${await endpointPath(api, endpoint)}/rotate-secret/${verb}`;
  const answer = await api.post<z.output<typeof endedRotationSchema>>(address);
  out.document(answer, `Only the secret ${answer.secretPrefix ?? '-'}… signs.`);
}
