import { InvalidArgumentError, Option } from 'commander';
import { customWaits, retryProfiles } from '../../../shared/domain/retry.ts';
import { signatureProfiles } from '../../../shared/domain/signature-profile.ts';
import type { Input } from '../input.ts';
import { headerOption, readHeaders } from './body.ts';
import { readSecret, type SecretOptions } from './secret.ts';
import { integer, pairs, repeatable, withoutUndefined } from './values.ts';

/** What events are filtered by, as `--any` names it: the option that sets it. */
const filterNames = [
  'type',
  'resource-type',
  'channel',
  'ai-state',
  'owner',
  'conversation',
  'label',
] as const;
type FilterName = (typeof filterNames)[number];

export interface EndpointOptions extends SecretOptions {
  readonly file?: string;
  readonly name?: string;
  readonly to?: string;
  readonly description?: string;
  readonly type?: readonly string[];
  readonly resourceType?: readonly string[];
  readonly channel?: readonly string[];
  readonly aiState?: readonly string[];
  readonly owner?: readonly string[];
  readonly conversation?: readonly string[];
  readonly label?: readonly string[];
  readonly any?: readonly FilterName[];
  readonly typeUrl?: readonly string[];
  readonly header?: readonly string[];
  readonly profile?: string;
  readonly signatureHeader?: string;
  readonly retry?: string;
  readonly waits?: readonly number[];
  readonly timeoutMs?: number;
  readonly maxInFlight?: number;
  readonly rate?: number;
}

export const endpointOptions = (): readonly Option[] => [
  new Option('--file <file>', 'settings as JSON, in the form of the API; - is standard input'),
  new Option('--to <url>', 'where events are posted to'),
  new Option('--name <name>', 'what it is called: 1 to 64 of a-z, 0-9 and hyphens'),
  new Option('--description <text>', 'what it is for'),
  repeatable('--type <pattern>', 'events it gets: a type, or a pattern such as ticket.*'),
  repeatable('--resource-type <type>', 'only events about this kind of thing'),
  repeatable('--channel <channel>', 'only events of this channel'),
  repeatable('--ai-state <state>', 'only events of conversations in this state'),
  repeatable('--owner <id>', 'only events of this owner'),
  repeatable('--conversation <id>', 'only events of this conversation'),
  repeatable('--label <label>', 'only events with this label'),
  repeatable('--any <filter>', 'takes a filter away, by the name of its option').argParser(
    readFilterName,
  ),
  repeatable('--type-url <type=url>', 'another address for one type; without a URL: no other'),
  headerOption('a header that each delivery carries; without a value: no longer'),
  new Option('--profile <profile>', 'how deliveries are written and signed').choices(
    signatureProfiles,
  ),
  new Option('--signature-header <name>', 'the header of body_sha256 and body_hex'),
  new Option('--retry <profile>', 'when failed attempts are repeated').choices(retryProfiles),
  new Option(
    '--waits <ms,ms>',
    'for the profile custom: the wait after each failed attempt',
  ).argParser(readWaits),
  new Option('--timeout-ms <ms>', 'for a whole attempt').argParser(integer(1_000, 60_000)),
  new Option('--max-in-flight <attempts>', 'how many at once').argParser(integer(1, 100)),
  new Option('--rate <attempts>', 'how many a minute').argParser(integer(1, 60_000)),
];

function readFilterName(
  text: string,
  before: readonly FilterName[] | undefined,
): readonly FilterName[] {
  const name = filterNames.find((each) => each === text);
  if (name !== undefined) return [...(before ?? []), name];
  throw new InvalidArgumentError(`Allowed choices are ${filterNames.join(', ')}.`);
}

const readWaits = (text: string): readonly number[] =>
  text.split(',').map(integer(0, customWaits.waitMsMax));

/** What the options say of an endpoint, over what a file says, in the form of the API. */
export async function readEndpointSettings(
  input: Input,
  options: EndpointOptions,
): Promise<Record<string, unknown>> {
  const { name, to: url, description, profile, signatureHeader, retry, waits } = options;
  const { timeoutMs, maxInFlight, rate } = options;
  const isAny = (filter: FilterName): readonly string[] | undefined =>
    options.any?.includes(filter) === true ? [] : undefined;
  const ofEvent = withoutUndefined({
    owners: options.owner ?? isAny('owner'),
    conversations: options.conversation ?? isAny('conversation'),
    labels: options.label ?? isAny('label'),
  });
  return {
    ...(options.file === undefined ? {} : await input.object(options.file)),
    ...withoutUndefined({
      name,
      url,
      description,
      eventTypes: options.type ?? isAny('type'),
      resourceTypes: options.resourceType ?? isAny('resource-type'),
      channels: options.channel ?? isAny('channel'),
      aiWorkflowStates: options.aiState ?? isAny('ai-state'),
      filters: Object.keys(ofEvent).length === 0 ? undefined : ofEvent,
      eventUrls: options.typeUrl && membersOf(pairs(options.typeUrl, '=')),
      headers: options.header && membersOf(readHeaders(options.header)),
      signatureProfile: profile,
      signatureHeader,
      retryProfile: retry ?? (waits === undefined ? undefined : 'custom'),
      retryWaitsMs: waits,
      timeoutMs,
      maxInFlight,
      ratePerMinute: rate,
      signingSecret: await readSecret(input, options),
    }),
  };
}

/** Pairs as an object; what has no value is to be taken away. */
const membersOf = (
  given: readonly (readonly [name: string, value: string])[],
): Record<string, string | null> =>
  Object.fromEntries(given.map(([name, value]) => [name, value === '' ? null : value]));
