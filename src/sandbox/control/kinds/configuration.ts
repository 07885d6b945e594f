import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { FieldError } from '../../../kubernetes/schema/schema.ts';
import { ageColumn, nameColumn } from '../../../kubernetes/serve/serve.ts';
import { column, defineKind, invalidValue, notAllowed } from './kind.ts';

const entries = (map: object | undefined) => Object.keys(map ?? {}).length;
const dataBytesMax = 1024 * 1024;

export const configMaps = defineKind({
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  columns: [
    nameColumn,
    column('Data', 'integer', 'How many entries it has.', (map) => entries(map.data) + entries(map.binaryData)),
    ageColumn,
  ],
  validate: (map) => validateKeys(map, ['data', 'binaryData']),
  validateUpdate: immutable(['data', 'binaryData']),
});

export const secrets = defineKind({
  kind: 'Secret',
  plural: 'secrets',
  columns: [
    nameColumn,
    column('Type', 'string', 'What it is for.', (secret) => secret.type ?? ''),
    column('Data', 'integer', 'How many entries it has.', (secret) => entries(secret.data)),
    ageColumn,
  ],
  selectable: { type: (secret) => secret.type ?? '' },
  prepare: foldStringData,
  prepareUpdate: foldStringData,
  validate: (secret) => validateKeys(secret, ['data']),
  validateUpdate(next, previous) {
    const errors = immutable(['data', 'type'])(next, previous);
    if ((next.type ?? 'Opaque') !== (previous.type ?? 'Opaque'))
      errors.push(invalidValue('type', next.type, 'field is immutable'));
    return errors;
  },
});

export const serviceAccounts = defineKind({
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  deleteAnswersObject: true,
  subresources: [
    { name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
  ],
  columns: [
    nameColumn,
    column('Secrets', 'string', 'How many secrets it may use.', (account) => (account.secrets ?? []).length),
    ageColumn,
  ],
});

/** stringData is for writing only: it goes into data, in base 64. */
function foldStringData(secret: KubeObject): void {
  secret.type ??= 'Opaque';
  if (!secret.stringData) return;
  const encoded = Object.entries(secret.stringData as Record<string, string>).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  secret.data = { ...secret.data, ...Object.fromEntries(encoded) };
  delete secret.stringData;
}

function validateKeys(object: KubeObject, fields: readonly string[]): FieldError[] {
  const errors = fields.flatMap((field) =>
    Object.keys(object[field] ?? {})
      .filter((key) => !/^[-._a-zA-Z0-9]{1,253}$/.test(key) || key === '.' || key.startsWith('..'))
      .map((key) =>
        invalidValue(
          `${field}[${key}]`,
          key,
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        ),
      ),
  );
  const bytes = JSON.stringify(fields.map((field) => object[field])).length;
  if (bytes > dataBytesMax)
    errors.push({
      field: '',
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${dataBytesMax} bytes`,
    });
  return errors;
}

function immutable(fields: readonly string[]) {
  return (next: KubeObject, previous: KubeObject): FieldError[] => {
    if (!previous.immutable) return [];
    const errors = next.immutable ? [] : [notAllowed('immutable', 'field is immutable when `immutable` is set')];
    return [
      ...errors,
      ...fields
        .filter((field) => !isDeepStrictEqual(next[field], previous[field]))
        .map((field) => notAllowed(field, 'field is immutable when `immutable` is set')),
    ];
  };
}
