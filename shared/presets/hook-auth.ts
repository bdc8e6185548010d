import { bearer, hmacSha256, ipAllowlist, pathToken } from './classic.ts';
import { findPreset } from './index.ts';
import type { Preset } from './preset.ts';
import type { HookAuth, PresetAuthConfig } from '../schemas/hook.ts';
import { checksOf, type Verifier } from '../schemas/verifier.ts';
import { slotOf } from '../schemas/verifier-check.ts';

/** How the sender of a hook is proven, whatever short form its configuration has. */
export interface ResolvedAuth {
  readonly verifier: Verifier;
  /** The sender's preset, when the hook names one. */
  readonly preset: Preset | undefined;
}

const signatureHeaderDefault = 'x-signature';

/**
 * The verifier behind a hook's authentication. Undefined when it names a preset that this version
 * does not have: nothing is let in then.
 */
export function resolveAuth(auth: HookAuth): ResolvedAuth | undefined {
  switch (auth.authType) {
    case 'hmac_sha256': {
      const signatureHeader = auth.authConfig.signatureHeader ?? signatureHeaderDefault;
      return { verifier: hmacSha256({ signatureHeader }), preset: undefined };
    }
    case 'bearer':
      return { verifier: bearer(), preset: undefined };
    case 'ip_allowlist':
      return { verifier: ipAllowlist(auth.authConfig), preset: undefined };
    case 'path_token': {
      const { queryParam } = auth.authConfig;
      return {
        verifier: pathToken(queryParam === undefined ? {} : { queryParam }),
        preset: undefined,
      };
    }
    case 'verifier':
      return 'verifier' in auth.authConfig
        ? { verifier: auth.authConfig.verifier, preset: undefined }
        : resolvePreset(auth.authConfig);
    default:
      return auth satisfies never;
  }
}

function resolvePreset(config: PresetAuthConfig): ResolvedAuth | undefined {
  const preset = findPreset(config.preset);
  if (preset === undefined) return undefined;
  const { publicUrl, ipCidrs } = config;
  const verifier =
    publicUrl === undefined ? preset.verifier : withPublicUrl(preset.verifier, publicUrl);
  return {
    verifier: ipCidrs === undefined ? verifier : { allOf: [verifier, ipAllowlist({ ipCidrs })] },
    preset,
  };
}

/** The verifier with the address its sender knows, in every check that signs one. */
function withPublicUrl(verifier: Verifier, publicUrl: string): Verifier {
  if ('allOf' in verifier) {
    return { allOf: verifier.allOf.map((part) => withPublicUrl(part, publicUrl)) };
  }
  if ('anyOf' in verifier) {
    return { anyOf: verifier.anyOf.map((part) => withPublicUrl(part, publicUrl)) };
  }
  return 'signed' in verifier ? { ...verifier, publicUrl } : verifier;
}

/** The slots that hold keys of a hook, each once: those of its verifier and of its sender's handshake. */
export function slotsOf({ verifier, preset }: ResolvedAuth): string[] {
  const named = preset?.secret.slots.map(({ slot }) => slot) ?? [];
  return [...new Set([...provingSlots(verifier), ...named])];
}

/** The slots whose keys a verifier judges requests by, each once. */
export function provingSlots(verifier: Verifier): string[] {
  const slots = checksOf(verifier).map((check) => slotOf(check));
  return [...new Set(slots.filter((slot) => slot !== undefined))];
}
