export interface RotationInput {
  readonly tenantId: string;
  readonly endpointId: string;
}

export type RotationStep =
  /** Nothing signs beside the current secret any more. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'wait'; readonly reason: 'warning' | 'end'; readonly waitMs: number };

/** Complete in itself: each call does what is due by the rows, whoever calls it and however often. */
export interface RotationActivities {
  /** Warns the owner or erases the old secret, where that is due, and says what follows. */
  tendRotation(input: RotationInput): Promise<RotationStep>;
  /** Erases the old secret now. False when no rotation is running. */
  finishRotation(input: RotationInput): Promise<boolean>;
  /** Makes the old secret the current one again. False when no rotation is running. */
  abortRotation(input: RotationInput): Promise<boolean>;
}
