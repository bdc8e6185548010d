/** The bounds of an evaluation. What an operator may set is in shared/config/schema.ts. */

/** CPU time for one field of a mapping and for one idempotency key, in milliseconds (S-040). */
export const defaultFieldCpuMs = 25;
export const defaultKeyCpuMs = 500;

/** Wall time of an evaluation where CPU time cannot be read: ten times as much, at most a second. */
export function wallLimitMs(cpuMs: number): number {
  return Math.max(cpuMs, Math.min(10 * cpuMs, 1_000));
}

export const expressionBytesMax = 8 * 1_024;
export const resultBytesMax = 256 * 1_024;
/** The body ceiling of a hook (5 MiB), with room for headers and for numbers that JSON spells longer. */
export const contextBytesMax = 8 * 1_024 * 1_024;

/** How much a compiled expression may consist of. Deeper ones would fail when they run. */
export const syntaxNodesMax = 2_000;
export const syntaxDepthMax = 200;
