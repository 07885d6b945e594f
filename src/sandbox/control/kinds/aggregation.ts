import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { FieldError } from '../../../kubernetes/schema/schema.ts';
import { ageColumn, nameColumn } from '../../../kubernetes/serve/serve.ts';
import { type Condition, conditionOf } from '../conditions.ts';
import { column, defineKind, invalidValue, labelCharsMax, notAllowed, required, subdomainCharsMax } from './kind.ts';

/** Marks the groups and versions that the API server itself serves. */
export const automanagedLabel = 'kube-aggregator.kubernetes.io/automanaged';

const groupPriorityMax = 20_000;
const versionPriorityMax = 1000;
const portMax = 65_535;

export const apiServices = defineKind({
  group: 'apiregistration.k8s.io',
  kind: 'APIService',
  plural: 'apiservices',
  categories: ['api-extensions'],
  namespaced: false,
  naming: 'path-segment',
  hasStatus: true,
  columns: [
    nameColumn,
    column('Service', 'string', 'Which service answers.', serviceOf),
    column('Available', 'string', 'Whether it can be reached.', availabilityOf),
    ageColumn,
  ],
  prepare(apiService) {
    apiService.status = apiService.spec?.service ? {} : { conditions: [localCondition(apiService)] };
  },
  validate,
  validateUpdate(next, previous) {
    if (!previous.metadata.labels?.[automanagedLabel] || !next.spec?.service) return [];
    return [notAllowed('spec.service', 'this group and version is served by the API server itself')];
  },
});

function localCondition({ metadata }: KubeObject): Condition {
  return {
    type: 'Available',
    status: 'True',
    lastTransitionTime: metadata.creationTimestamp!,
    reason: 'Local',
    message: 'Local APIServices are always available',
  };
}

function serviceOf({ spec }: KubeObject): string {
  return spec?.service ? `${spec.service.namespace ?? ''}/${spec.service.name ?? ''}` : 'Local';
}

function availabilityOf({ status }: KubeObject): string {
  const condition = conditionOf(status?.conditions, 'Available');
  if (!condition) return 'Unknown';
  return condition.status === 'True' || !condition.reason
    ? condition.status
    : `${condition.status} (${condition.reason})`;
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const versionLabel = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

function validate({ metadata, spec = {} }: KubeObject): FieldError[] {
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0, service } = spec;
  const errors: FieldError[] = [];
  const wanted = `${version}.${group}`;
  if (metadata.name !== wanted)
    errors.push(
      invalidValue(
        'metadata.name',
        metadata.name,
        `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`,
      ),
    );
  if (group === '' && version !== 'v1')
    errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'));
  if (group !== '' && (group.length > subdomainCharsMax || !subdomain.test(group)))
    errors.push(
      invalidValue(
        'spec.group',
        group,
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
      ),
    );
  if (version.length > labelCharsMax || !versionLabel.test(version))
    errors.push(
      invalidValue(
        'spec.version',
        version,
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
      ),
    );
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > groupPriorityMax)
    errors.push(
      invalidValue(
        'spec.groupPriorityMinimum',
        groupPriorityMinimum,
        `must be positive and less than ${groupPriorityMax}`,
      ),
    );
  if (versionPriority <= 0 || versionPriority > versionPriorityMax)
    errors.push(
      invalidValue('spec.versionPriority', versionPriority, `must be positive and less than ${versionPriorityMax}`),
    );
  return [...errors, ...(service ? validateRemote(spec) : validateLocal(spec))];
}

function validateLocal({ caBundle, insecureSkipTLSVerify }: NonNullable<KubeObject['spec']>): FieldError[] {
  const errors: FieldError[] = [];
  if (caBundle)
    errors.push(
      invalidValue(
        'spec.caBundle',
        `${Buffer.from(caBundle, 'base64').length} bytes`,
        'local APIServices may not have a caBundle',
      ),
    );
  if (insecureSkipTLSVerify)
    errors.push(
      invalidValue('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify'),
    );
  return errors;
}

function validateRemote({ service, caBundle, insecureSkipTLSVerify }: NonNullable<KubeObject['spec']>): FieldError[] {
  const errors: FieldError[] = [];
  if (!service.namespace) errors.push(required('spec.service.namespace'));
  if (!service.name) errors.push(required('spec.service.name'));
  if (!(service.port >= 1 && service.port <= portMax))
    errors.push(
      invalidValue(
        'spec.service.port',
        service.port ?? 0,
        `port is not valid: must be between 1 and ${portMax}, inclusive`,
      ),
    );
  if (insecureSkipTLSVerify && caBundle)
    errors.push(invalidValue('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'));
  return errors;
}
