import type { DiscoveryConfig, KubernetesDiscoveryConfig, KubernetesRole } from './config.ts';
import type { ResolvePath } from './read-http-client.ts';
import type { Section } from './section.ts';

const roles: readonly KubernetesRole[] = ['node', 'pod', 'service', 'endpoints', 'endpointslice', 'ingress'];
const refreshMsDefault = 300_000;
/** Discoveries that Prometheus has and this has not. */
const otherDiscoveries =
  'aws azure consul digitalocean dns docker dockerswarm ec2 ecs eureka gce hetzner http ionos kuma lightsail linode marathon nerve nomad openstack outscale ovhcloud puppetdb scaleway serverset stackit triton uyuni vultr'.split(
    ' ',
  );
/** How to reach an API server: this process has its own way, see --kubeconfig. */
const clientKeys =
  'api_server kubeconfig_file basic_auth authorization bearer_token bearer_token_file tls_config oauth2 proxy_url no_proxy proxy_from_environment proxy_connect_header http_headers'.split(
    ' ',
  );

export function readDiscovery(section: Section, resolve: ResolvePath): DiscoveryConfig[] {
  for (const name of otherDiscoveries)
    section.unsupported(
      `${name}_sd_configs`,
      'targets are found by static_configs, file_sd_configs and kubernetes_sd_configs',
    );
  return [
    ...section.sections('static_configs').map(readStatic),
    ...section.sections('file_sd_configs').map((file) => readFiles(file, resolve)),
    ...section.sections('kubernetes_sd_configs').map(readKubernetes),
    ...section.sections('taffrail_objects_sd_configs').map(readObjects),
  ];
}

function readStatic(section: Section): DiscoveryConfig {
  const config: DiscoveryConfig = {
    kind: 'static',
    targets: section.texts('targets'),
    labels: section.textMap('labels'),
  };
  const wrong = config.targets.find((target) => target.includes('/'));
  if (wrong !== undefined)
    throw section.wrong('targets', `has ${JSON.stringify(wrong)}, which is no host and port: an address has no slash`);
  section.done();
  return config;
}

function readFiles(section: Section, resolve: ResolvePath): DiscoveryConfig {
  const files = section.texts('files');
  if (files.length === 0) throw section.wrong('files', 'is needed: at least one file');
  const wrong = files.find((file) => !/\.(json|yml|yaml)$/i.test(file));
  if (wrong !== undefined)
    throw section.wrong('files', `has ${JSON.stringify(wrong)}, which does not end in .json, .yml or .yaml`);
  const refreshMs = section.durationMs('refresh_interval', refreshMsDefault);
  section.done();
  return { kind: 'file', files: files.map(resolve), refreshMs };
}

function readKubernetes(section: Section): KubernetesDiscoveryConfig {
  if (!section.has('role')) throw section.wrong('role', `is needed: one of ${roles.join(', ')}`);
  const role = section.oneOf('role', roles, 'pod');
  const namespaces = section.section('namespaces');
  const attach = section.section('attach_metadata');
  const config: KubernetesDiscoveryConfig = {
    kind: 'kubernetes',
    role,
    namespaces: namespaces.texts('names'),
    ownNamespace: namespaces.flag('own_namespace', false),
    selectors: section.sections('selectors').map(readSelector),
    attachNode: attach.flag('node', false),
    attachNamespace: attach.flag('namespace', false),
  };
  for (const kind of ['deployment', 'job', 'cronjob'])
    attach.unsupported(kind, 'nodes and namespaces can be attached', [false]);
  namespaces.done();
  attach.done();
  for (const key of clientKeys)
    section.unsupported(key, 'the Kubernetes API is reached as this server itself reaches it');
  section.flag('follow_redirects', true);
  section.flag('enable_http2', true);
  section.done();
  return config;
}

function readSelector(section: Section): KubernetesDiscoveryConfig['selectors'][number] {
  const selector = {
    role: section.oneOf('role', roles, 'pod'),
    label: section.text('label'),
    field: section.text('field'),
  };
  section.done();
  return selector;
}

function readObjects(section: Section): DiscoveryConfig {
  section.done();
  return { kind: 'objects' };
}
