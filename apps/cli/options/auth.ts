import { Option } from 'commander';
import { usageFailure } from '../failure.ts';
import type { Input } from '../input.ts';
import { authTypes, hookAuthSchema, type HookAuth } from '../../../shared/schemas/hook.ts';
import { verifierFaults } from '../../../shared/schemas/verifier.ts';
import { repeatable, withoutUndefined } from './values.ts';

export interface AuthOptions {
  readonly auth?: string;
  readonly signatureHeader?: string;
  readonly queryParam?: string;
  readonly ipCidr?: readonly string[];
  readonly preset?: string;
  readonly publicUrl?: string;
  readonly verifier?: string;
}

const shortForms = authTypes.filter((type) => type !== 'verifier');

/** How a sender is proven: a preset, a verifier of one's own, or one of the short forms. */
export const authOptions = (): readonly Option[] => [
  new Option('--preset <id>', 'a sender that Tidegate knows, see "tidegate verifiers"'),
  new Option('--verifier <file>', 'a verifier as JSON').conflicts('preset'),
  new Option('--auth <type>', 'a short form of a verifier')
    .choices(shortForms)
    .conflicts(['preset', 'verifier']),
  new Option('--signature-header <name>', 'for hmac_sha256; X-Signature by default'),
  new Option('--query-param <name>', 'for path_token; token by default'),
  repeatable('--ip-cidr <block>', 'for ip_allowlist and presets: who may send'),
  new Option('--public-url <url>', 'for presets that sign it: the address that the sender calls'),
];

/** The authentication that the options describe, or undefined for none. Throws a usage failure. */
export async function readAuth(input: Input, options: AuthOptions): Promise<HookAuth | undefined> {
  const { auth, signatureHeader, queryParam, ipCidr: ipCidrs, preset, publicUrl } = options;
  const details = withoutUndefined({ signatureHeader, queryParam, ipCidrs, preset, publicUrl });
  if (options.verifier !== undefined) {
    if (Object.keys(details).length === 0) return readVerifier(input, options.verifier);
    throw usageFailure('A verifier says all by itself: leave the other options out.');
  }
  const authType = preset === undefined ? auth : 'verifier';
  if (authType === undefined) {
    if (Object.keys(details).length === 0) return undefined;
    throw usageFailure('Say how the sender is proven: --preset, --verifier or --auth.');
  }
  const parsed = hookAuthSchema.safeParse({ authType, authConfig: details });
  if (parsed.success) return parsed.data;
  throw usageFailure(`These options do not fit ${preset === undefined ? authType : 'a preset'}.`);
}

async function readVerifier(input: Input, file: string): Promise<HookAuth> {
  const verifier = await input.json(file);
  const faults = verifierFaults(verifier);
  const auth = hookAuthSchema.safeParse({ authType: 'verifier', authConfig: { verifier } });
  if (auth.success) return auth.data;
  const texts = faults.map(({ path, message }) => `/${path.join('/')}: ${message}`);
  throw usageFailure(`${file} is not a verifier. ${texts.join(' ')}`, 'See docs/inbound.md.');
}
