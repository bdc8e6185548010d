import { randomBytes } from 'node:crypto';
import { databaseRoles, urlForRole } from '../../shared/db/provision.ts';

/** The secrets that docker-compose.yml names, by the name of their file. */
export interface DeploymentSecrets {
  readonly postgres_password: string;
  readonly temporal_db_password: string;
  readonly admin_url: string;
  readonly migrator_url: string;
  readonly database_url: string;
  readonly master_keys: string;
  readonly operator_token: string;
}

const database = 'tidegate';
const password = (): string => randomBytes(24).toString('base64url');

/** Fresh secrets for a Postgres at `host:port`. `keyId` names the first master key. */
export function makeDeploymentSecrets(host: string, keyId: string): DeploymentSecrets {
  const postgresPassword = password();
  const adminUrl = `postgres://postgres:${postgresPassword}@${host}/postgres`;
  return {
    postgres_password: postgresPassword,
    temporal_db_password: password(),
    admin_url: adminUrl,
    migrator_url: urlForRole(adminUrl, databaseRoles.migrator, password(), database),
    database_url: urlForRole(adminUrl, databaseRoles.app, password(), database),
    master_keys: `${keyId}:${randomBytes(32).toString('base64')}`,
    operator_token: randomBytes(32).toString('base64url'),
  };
}
