import type {
  MaintenanceJobInput,
  MaintenanceJobName,
  MaintenanceLimits,
} from '../../activities/maintenance/contract.ts';

/** Names and types that others may know of the maintenance workflow. Public API: change with a version. */

export const maintenanceName = 'maintenance';

export interface MaintenanceInput {
  /** Run in this order. One that fails does not keep the others from running. */
  readonly jobs: readonly Pick<MaintenanceJobInput, 'name' | 'olderThanMs'>[];
  readonly limits: MaintenanceLimits;
  /** Most calls for one job in one run. What is left then waits for the next run. */
  readonly callsMax: number;
}

/** Rows acted upon, by job. */
export type MaintenanceResult = Partial<Record<MaintenanceJobName, number>>;
