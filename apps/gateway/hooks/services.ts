import type { TenantVault } from '../../../shared/crypto/tenant-vault.ts';
import type { ActionDescription } from '../../../shared/domain/action.ts';
import type { Evaluator } from '../../../shared/evaluator/evaluator.ts';
import type { WorkflowDescription } from '../../../shared/domain/handler-workflow.ts';
import type { Settle } from '../receiver/settle.ts';

/** What the routes about hooks work with, besides the transaction of their request. */
export interface HookServices {
  readonly vault: TenantVault;
  readonly evaluator: Evaluator;
  /** The catalogue of actions by name. */
  readonly actions: ReadonlyMap<string, ActionDescription>;
  /** The workflows that this installation has code for. */
  readonly workflows: readonly WorkflowDescription[];
  /** The address senders know this installation by, without a trailing slash. */
  readonly publicUrl: () => string;
  /** The page of a run in the Temporal UI, or undefined where no UI is known. */
  readonly temporalUrl: (workflowId: string) => string | undefined;
  readonly settle: Settle;
  /** Age at which a delivery counts as not started, in milliseconds. */
  readonly startGraceMs: number;
  /** Ceiling of a body, in bytes. */
  readonly bodyLimitBytes: number;
}
