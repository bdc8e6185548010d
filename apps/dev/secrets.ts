import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { makePersonalToken } from '../../shared/crypto/tokens.ts';
import { makeEndpointSecret } from '../../shared/signing/secrets.ts';

const secretsSchema = z.object({
  masterKeys: z.string(),
  postgresPassword: z.string(),
  migratorPassword: z.string(),
  appPassword: z.string(),
  demoTenantId: z.uuid(),
  demoHookSecret: z.string(),
  demoEndpointSecret: z.string(),
  demoToken: z.string(),
  operatorToken: z.string(),
});

/** What a local stack needs to find again at its next start. */
export type LocalSecrets = z.infer<typeof secretsSchema>;

const random = (bytes: number): string => randomBytes(bytes).toString('base64url');

/** Fresh secrets, for a first start or a test. */
export function makeSecrets(): LocalSecrets {
  return {
    masterKeys: `local:${randomBytes(32).toString('base64')}`,
    postgresPassword: random(24),
    migratorPassword: random(24),
    appPassword: random(24),
    demoTenantId: crypto.randomUUID(),
    demoHookSecret: random(32),
    demoEndpointSecret: makeEndpointSecret(),
    demoToken: makePersonalToken().token,
    operatorToken: random(32),
  };
}

/**
 * The secrets of a data folder, made at its first use and readable by its owner only. A folder of an
 * older version gets what it lacks.
 */
export function loadSecrets(dir: string): LocalSecrets {
  const file = path.join(dir, 'secrets.json');
  const kept = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<LocalSecrets>)
    : {};
  const secrets = secretsSchema.parse({ ...makeSecrets(), ...kept });
  if (Object.keys(secrets).some((name) => !(name in kept))) {
    mkdirSync(dir, { recursive: true });
    writeFileSync(file, JSON.stringify(secrets, undefined, 2), { mode: 0o600 });
  }
  return secrets;
}
