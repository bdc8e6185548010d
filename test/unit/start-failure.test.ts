import { ServiceError } from '@temporalio/client';
import { expect, test } from 'vitest';
import { classifyStartFailure, startFailureReason } from '../../shared/temporal/start-failure.ts';

/** As the client wraps what the server answered. */
function serviceError(code: number, details = 'what the server says'): ServiceError {
  const cause = Object.assign(new Error(`${code}: ${details}`), { code, details, metadata: {} });
  return new ServiceError('Failed to start Workflow', { cause });
}

test.for([
  ['INVALID_ARGUMENT', 3, 'refused'],
  ['CANCELLED', 1, 'away'],
  ['DEADLINE_EXCEEDED', 4, 'away'],
  ['NOT_FOUND, as for a namespace', 5, 'away'],
  ['PERMISSION_DENIED', 7, 'away'],
  ['RESOURCE_EXHAUSTED', 8, 'away'],
  ['UNAVAILABLE', 14, 'away'],
  ['UNAUTHENTICATED', 16, 'away'],
  ['INTERNAL', 13, 'fault'],
  ['UNKNOWN', 2, 'fault'],
  ['DATA_LOSS', 15, 'fault'],
] as const)('a start answered with %s is sorted as what it is', ([, code, kind]) => {
  expect(classifyStartFailure(serviceError(code))).toBe(kind);
});

test('a start that fails in the client itself is a fault', () => {
  expect(classifyStartFailure(new TypeError('not a payload'))).toBe('fault');
});

test('the reason is what the server says, or what the error says', () => {
  expect(startFailureReason(serviceError(3))).toContain('what the server says');
  expect(startFailureReason(new TypeError('not a payload'))).toContain('not a payload');
});
