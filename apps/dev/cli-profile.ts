import { rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { cliProfileFile, type CliProfile } from '../../shared/schemas/cli-profile.ts';
import { demoHookSlug, demoWorkflowHookSlug } from './demo.ts';
import type { LocalSecrets } from './secrets.ts';

/**
 * Lets the command line find the stack of a data folder, for as long as it runs. Returns what takes
 * the file away again. An old file is removed first: only a new one gets the mode asked for.
 */
export function leaveCliProfile(
  dir: string,
  url: string,
  secrets: LocalSecrets,
): () => Promise<void> {
  const file = path.join(dir, cliProfileFile);
  const { demoToken, operatorToken, demoHookSecret } = secrets;
  const hookSecrets = { [demoHookSlug]: demoHookSecret, [demoWorkflowHookSlug]: demoHookSecret };
  const profile: CliProfile = { url, token: demoToken, operatorToken, hookSecrets };
  rmSync(file, { force: true });
  writeFileSync(file, JSON.stringify(profile, undefined, 2), { mode: 0o600, flag: 'wx' });
  return () => rm(file, { force: true });
}
