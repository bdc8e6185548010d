import { Option } from 'commander';
import { languageLevels } from '../../../shared/domain/language-level.ts';
import { responseModes } from '../../../shared/schemas/hook.ts';
import { usageFailure } from '../failure.ts';
import type { Input } from '../input.ts';
import { authOptions, readAuth, type AuthOptions } from './auth.ts';
import { secretOptions, readSecret, type SecretOptions } from './secret.ts';
import { integer, isOn, onOff, pairs, repeatable, withoutUndefined } from './values.ts';

export interface MappingOptions {
  readonly action?: string;
  readonly map?: readonly string[];
  readonly mapping?: string;
}

export interface HookOptions extends AuthOptions, SecretOptions, MappingOptions {
  readonly file?: string;
  readonly name?: string;
  readonly slug?: string;
  readonly description?: string;
  readonly workflow?: string;
  readonly keyHeader?: string;
  readonly keyExpression?: string;
  readonly keyWindow?: number;
  readonly response?: string;
  readonly language?: string;
  readonly rateLimit?: number;
  readonly bodyLimit?: number;
  readonly active?: 'on' | 'off';
}

export const mappingOptions = (): readonly Option[] => [
  new Option('--action <name>', 'the action to run, see "tidegate actions"'),
  repeatable('--map <field=expression>', 'a field of the action, as JSONata on the body'),
  new Option('--mapping <file>', 'all fields, as a JSON object of expressions').conflicts('map'),
];

export const hookOptions = (): readonly Option[] => [
  new Option('--file <file>', 'settings as JSON, in the form of the API; - is standard input'),
  new Option('--name <name>', 'what people call it'),
  new Option('--slug <slug>', 'the last part of its address; made from the name when left out'),
  new Option('--description <text>', 'what it is for'),
  ...authOptions(),
  ...secretOptions('a secret of your own, or the public key of the sender'),
  ...mappingOptions(),
  new Option('--workflow <id>', 'the workflow to start, instead of an action').conflicts('action'),
  new Option('--key-header <name>', 'the header that holds the idempotency key'),
  new Option('--key-expression <jsonata>', 'the expression that yields it').conflicts('keyHeader'),
  new Option('--key-window <seconds>', 'how long a key is remembered').argParser(
    integer(1, 2_592_000),
  ),
  new Option('--response <mode>', 'whether senders are told the outcome').choices(responseModes),
  new Option('--language <level>', 'how much of JSONata may be used').choices(languageLevels),
  new Option('--rate-limit <requests>', 'how many a minute').argParser(integer(1, 60_000)),
  new Option('--body-limit <bytes>', 'the largest body').argParser(integer(1_024, 5_242_880)),
  onOff('--active <on|off>', 'whether it takes requests'),
];

/** What the options say of a hook, over what a file says, in the form of the API. */
export async function readHookSettings(
  input: Input,
  options: HookOptions,
): Promise<Record<string, unknown>> {
  const { name, slug, description, workflow, keyWindow, response, language } = options;
  const auth = await readAuth(input, options);
  const mapping = await readMapping(input, options);
  return {
    ...(options.file === undefined ? {} : await input.object(options.file)),
    ...withoutUndefined({
      name,
      slug,
      description,
      authType: auth?.authType,
      authConfig: auth?.authConfig,
      idempotencySource: keySourceOf(options),
      idempotencyWindowSeconds: keyWindow,
      responseMode: response,
      languageLevel: language,
      rateLimitPerMinute: options.rateLimit,
      bodyLimitBytes: options.bodyLimit,
      isActive: isOn(options.active),
      secret: await readSecret(input, options),
    }),
    ...(workflow !== undefined && {
      handlerType: 'workflow',
      handlerConfig: { workflowId: workflow },
    }),
    ...(mapping !== undefined && { handlerType: 'direct_action', handlerConfig: mapping }),
  };
}

/** The action and its mapping, or undefined when no option speaks of them. Throws a usage failure. */
export async function readMapping(
  input: Input,
  { action, map, mapping }: MappingOptions,
): Promise<{ readonly action: string; readonly mapping: Record<string, unknown> } | undefined> {
  if (action === undefined) {
    if (map === undefined && mapping === undefined) return undefined;
    throw usageFailure('Say with --action what the fields are mapped for.');
  }
  if (mapping !== undefined) return { action, mapping: await input.object(mapping) };
  return { action, mapping: Object.fromEntries(pairs(map ?? [], '=')) };
}

function keySourceOf({ keyHeader, keyExpression }: HookOptions) {
  if (keyHeader !== undefined) return { type: 'header', value: keyHeader };
  return keyExpression === undefined ? undefined : { type: 'jsonata', value: keyExpression };
}
