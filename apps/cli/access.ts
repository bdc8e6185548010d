import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  cliProfileFile,
  cliProfileSchema,
  type CliProfile,
} from '../../shared/schemas/cli-profile.ts';
import { usageFailure } from './failure.ts';
import { dataDirDefault, type GlobalOptions } from './options/global.ts';

/** Which server to call, and what proves the caller to it. */
export interface Access {
  /** Without a trailing slash. */
  readonly url: string;
  readonly token: string | undefined;
  readonly operatorToken: string | undefined;
  /** By slug; those of the local stack's demo. */
  readonly hookSecrets: Readonly<Record<string, string>>;
}

const urlDefault = 'http://127.0.0.1:8080';

/**
 * What was given, completed by the profile of the local stack. Its address counts only where neither
 * an address nor a token was given, and its tokens only for its address: what belongs to one server
 * is never shown to another.
 */
export function resolveAccess(given: GlobalOptions): Access {
  const profile = readProfile(given.dataDir || dataDirDefault);
  const token = given.token || undefined;
  const operatorToken = given.operatorToken || undefined;
  const isProven = token !== undefined || operatorToken !== undefined;
  const url = baseUrl(given.url || (isProven ? undefined : profile?.url) || urlDefault);
  const local = profile?.url === url ? profile : undefined;
  return {
    url,
    token: token ?? local?.token,
    operatorToken: operatorToken ?? local?.operatorToken,
    hookSecrets: local?.hookSecrets ?? {},
  };
}

/** An address without the slash at its end. Throws a usage failure for what is none. */
function baseUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw usageFailure(`"${text}" is not the address of a server: give http:// or https://.`);
  }
  return text.replace(/\/+$/, '');
}

/** The profile that a running local stack left in its data folder. */
function readProfile(dataDir: string): CliProfile | undefined {
  try {
    const text = readFileSync(path.join(dataDir, cliProfileFile), 'utf8');
    return cliProfileSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
