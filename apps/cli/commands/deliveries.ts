import { Option } from 'commander';
import type { z } from 'zod';
import {
  dispatchStatuses,
  type DeliverySummaryView,
  type DeliveryView,
} from '../../../shared/schemas/delivery-api.ts';
import type { verificationSchema } from '../../../shared/schemas/hook-tools-api.ts';
import { path } from '../api.ts';
import { defineCommand, type CommandGroup } from '../command.ts';
import { deliveryFacts, showSettled, waitOption, type WaitOptions } from '../delivery-outcome.ts';
import { checkFailure, CliFailure } from '../failure.ts';
import { hookPath } from '../hook-lookup.ts';
import { authOptions, readAuth, type AuthOptions } from '../options/auth.ts';
import { listOptions, readList, type ListOptions } from '../options/list.ts';
import { readSecret, secretOptions, type SecretOptions } from '../options/secret.ts';
import { integer, moment, withoutUndefined } from '../options/values.ts';
import { cellText } from '../output/printable.ts';
import { verificationText } from '../output/verification-text.ts';
import { tail } from './tail.ts';

type DeliveryAnswer = { readonly data: DeliveryView };
type Verification = z.output<typeof verificationSchema>;

interface DeliveryListOptions extends ListOptions {
  readonly status?: string;
  readonly from?: string;
  readonly to?: string;
  readonly page?: number;
}

export const deliveries: CommandGroup = {
  name: 'deliveries',
  summary: 'What came in through a hook, and what became of it',
  commands: [
    defineCommand<DeliveryListOptions>({
      usage: 'list <hook>',
      summary: 'The deliveries of a hook, newest first',
      examples: ['deliveries list alerts --status failed', 'deliveries list alerts --page 2'],
      options: [
        new Option('--status <status>', 'those that ended so').choices(dispatchStatuses),
        new Option('--from <moment>', 'received from this moment on').argParser(moment),
        new Option('--to <moment>', 'received until this moment').argParser(moment),
        new Option('--page <number>', 'by number instead of cursor; tells the total as well')
          .argParser(integer(1, 10_000))
          .conflicts(['cursor', 'all']),
        ...listOptions(),
      ],
      async run({ api, out, options }, hook) {
        const { status, from: dateFrom, to: dateTo, page } = options;
        const filter = { status, dateFrom, dateTo, page };
        const address = `${await hookPath(api, hook)}/deliveries`;
        out.list(await readList<DeliverySummaryView>(api, address, options, filter), [
          ['RECEIVED', ({ receivedAt }) => receivedAt],
          ['ID', ({ id }) => id],
          ['AUTH', ({ authStatus }) => authStatus],
          ['DISPATCH', ({ dispatchStatus }) => dispatchStatus],
          ['ANSWERED', ({ responseStatus }) => responseStatus],
          ['MS', ({ durationMs }) => durationMs],
          ['KEY', ({ idempotencyKey }) => idempotencyKey],
        ]);
      },
    }),
    defineCommand<{ body?: boolean }>({
      usage: 'show <hook> <delivery>',
      summary: 'One delivery: what came in, what was done, what the sender was told',
      examples: [
        'deliveries show alerts ind_01994d1c5c5e7b568f0e6a1c1d2e3f40',
        'deliveries show alerts ind_01994d1c5c5e7b568f0e6a1c1d2e3f40 --body > body.json',
      ],
      options: [new Option('--body', 'only the body, byte for byte; for administrators')],
      async run({ api, out, options }, hook, id) {
        const address = (await hookPath(api, hook)) + path`/deliveries/${id}`;
        const answer = await api.get<DeliveryAnswer>(address);
        if (options.body === true) out.bytes(bodyOf(answer.data));
        else out.item(answer, deliveryFacts(answer.data));
      },
    }),
    tail,
    defineCommand<WaitOptions>({
      usage: 'replay <hook> <delivery>',
      summary: "Run a delivery's stored body through the hook as it is now",
      examples: ['deliveries replay alerts ind_01994d1c5c5e7b568f0e6a1c1d2e3f40 --wait'],
      options: [waitOption()],
      async run(call, hook, id) {
        const address = await hookPath(call.api, hook);
        const made = await call.api.post<DeliveryAnswer>(address + path`/deliveries/${id}/replay`);
        await showSettled(call, address, made);
      },
    }),
    defineCommand<AuthOptions & SecretOptions>({
      usage: 'verify <hook> <delivery>',
      summary: 'Verify the stored bytes again, and say what would verify instead',
      description:
        'With the configuration of the hook, or with the candidate that the options describe. Ends with 6 when the request does not verify. Tokens are never stored, so only signatures can be judged again.',
      examples: [
        'deliveries verify alerts ind_01994d1c5c5e7b568f0e6a1c1d2e3f40',
        'deliveries verify alerts ind_01994d1c5c5e7b568f0e6a1c1d2e3f40 --preset github --secret-file new.txt',
      ],
      options: [...authOptions(), ...secretOptions('a candidate secret')],
      async run({ api, input, out, options }, hook, id) {
        const auth = await readAuth(input, options);
        const body = withoutUndefined({ ...auth, secret: await readSecret(input, options) });
        const address = (await hookPath(api, hook)) + path`/deliveries/${id}/verify`;
        const answer = await api.post<{ readonly data: Verification }>(address, body);
        const { ok, refusal, notes } = answer.data;
        out.document(answer, verificationText(answer.data));
        for (const note of notes) out.note(note);
        if (!ok) throw checkFailure(`The request does not verify (${cellText(refusal)}).`);
      },
    }),
  ],
};

function bodyOf({ id, body }: DeliveryView): Buffer {
  if (body?.base64 !== null && body?.base64 !== undefined)
    return Buffer.from(body.base64, 'base64');
  throw new CliFailure({
    exit: body === null ? 'notFound' : 'forbidden',
    code: 'body_missing',
    message: `The body of ${id} is ${body === null ? 'not kept' : 'shown to administrators only'}.`,
  });
}
