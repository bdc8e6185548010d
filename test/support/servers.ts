/** What the test files know of the servers of the run. */
export interface TestServers {
  /** A superuser's connection string to the test Postgres. */
  readonly adminUrl: string;
  readonly migratorPassword: string;
  readonly appPassword: string;
  readonly temporalAddress: string;
  /** The file with the code of Tidegate's own workflows. */
  readonly workflowBundle: string;
}

/** The migrated database that each test file's own one is copied from. */
export const templateDatabase = 'tidegate_template';

declare module 'vitest' {
  interface ProvidedContext {
    servers: TestServers;
  }
}
