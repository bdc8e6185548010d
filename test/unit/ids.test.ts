import { describe, expect, test } from 'vitest';
import { fromWireId, parseTenantId, toWireId } from '../../shared/domain/ids.ts';
import { tenantSlug } from '../../shared/domain/tenant-slug.ts';
import vectors from '../fixtures/vectors.json' with { type: 'json' };

const uuid = '0199d3a0-1c2b-7d4e-8f90-123456789abc';

describe('wire ids', () => {
  test('carry the prefix of their kind and lead back to the UUID', () => {
    const wire = toWireId('delivery', uuid);
    expect(wire).toBe('ind_0199d3a01c2b7d4e8f90123456789abc');
    expect(fromWireId('delivery', wire)).toBe(uuid);
  });

  test.for(['hook_0199d3a01c2b7d4e8f90123456789abc', 'ind_123', 'ind_', '', uuid])(
    'refuse %j as a delivery id',
    (text) => {
      expect(fromWireId('delivery', text)).toBeUndefined();
    },
  );
});

describe('a tenant id', () => {
  test.for(vectors.tenantSlug)('$tenantId has the slug $slug', ({ tenantId, slug }) => {
    expect(tenantSlug(parseTenantId(tenantId))).toBe(slug);
  });

  test.for(['', 'x', `${uuid}'`, uuid.toUpperCase()])('refuses %j', (text) => {
    expect(() => parseTenantId(text)).toThrow(TypeError);
  });
});
