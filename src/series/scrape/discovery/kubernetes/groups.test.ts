import assert from 'node:assert/strict';
import test from 'node:test';
import type { KubeObject } from '../../../../kubernetes/client/client.ts';
import { isSecondFamily, sliceAddresses } from './endpoint-slice.ts';
import { endpointTargets } from './endpoint-targets.ts';
import { endpointsAddresses } from './endpoints.ts';
import { ingressGroup } from './ingress.ts';
import { nodeGroup } from './node.ts';
import { podGroup } from './pod.ts';
import { serviceGroup } from './service.ts';

/** Without what is empty, which is no label. */
function said(labels: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(labels).filter(([, value]) => value !== '');
  return Object.fromEntries(entries.map(([name, value]) => [name.replace('__meta_kubernetes_', ''), value]));
}

const pod: KubeObject = {
  metadata: {
    name: 'web-1',
    namespace: 'shop',
    uid: 'u1',
    labels: { 'app.kubernetes.io/name': 'web' },
    annotations: { 'prometheus.io/scrape': 'true' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'r1', controller: true }],
  },
  spec: {
    nodeName: 'n1',
    containers: [
      {
        name: 'web',
        image: 'web:1',
        ports: [
          { name: 'http', containerPort: 80 },
          { containerPort: 9000, protocol: 'UDP' },
        ],
      },
      { name: 'side', image: 'side:1' },
    ],
    initContainers: [{ name: 'init', image: 'init:1' }],
  },
  status: {
    podIP: '10.0.0.1',
    hostIP: '10.1.0.1',
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ name: 'web', containerID: 'containerd://abc' }],
  },
};

const podOnly = {
  pod_name: 'web-1',
  pod_ip: '10.0.0.1',
  pod_ready: 'true',
  pod_phase: 'Running',
  pod_node_name: 'n1',
  pod_host_ip: '10.1.0.1',
  pod_uid: 'u1',
  pod_label_app_kubernetes_io_name: 'web',
  pod_labelpresent_app_kubernetes_io_name: 'true',
  pod_annotation_prometheus_io_scrape: 'true',
  pod_annotationpresent_prometheus_io_scrape: 'true',
  pod_controller_kind: 'ReplicaSet',
  pod_controller_name: 'web',
};

test('a pod is a target for each port of each container, or for a container without ports', () => {
  const group = podGroup(pod, {})!;
  assert.deepEqual(said(group.labels), { ...podOnly, namespace: 'shop' });
  const container = { pod_container_name: 'web', pod_container_image: 'web:1', pod_container_init: 'false' };
  assert.deepEqual(group.targets.map(said), [
    {
      __address__: '10.0.0.1:80',
      ...container,
      pod_container_id: 'containerd://abc',
      pod_container_port_name: 'http',
      pod_container_port_number: '80',
      pod_container_port_protocol: 'TCP',
    },
    {
      __address__: '10.0.0.1:9000',
      ...container,
      pod_container_id: 'containerd://abc',
      pod_container_port_number: '9000',
      pod_container_port_protocol: 'UDP',
    },
    { __address__: '10.0.0.1', pod_container_name: 'side', pod_container_image: 'side:1', pod_container_init: 'false' },
    { __address__: '10.0.0.1', pod_container_name: 'init', pod_container_image: 'init:1', pod_container_init: 'true' },
  ]);
  assert.equal(podGroup({ ...pod, status: { phase: 'Pending' } }, {}), undefined);
});

test('a node is one target at its internal address and the kubelet’s port', () => {
  const node: KubeObject = {
    metadata: { name: 'n1', labels: { zone: 'a' } },
    spec: { providerID: 'cloud:///n1' },
    status: {
      addresses: [
        { type: 'Hostname', address: 'n1' },
        { type: 'InternalIP', address: 'fd00::1' },
        { type: 'InternalIP', address: '10.1.0.1' },
      ],
      conditions: [{ type: 'Ready', status: 'True' }],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    },
  };
  const group = nodeGroup(node)!;
  assert.deepEqual(said(group.labels), {
    node_name: 'n1',
    node_provider_id: 'cloud:///n1',
    node_condition_ready: 'true',
    node_label_zone: 'a',
    node_labelpresent_zone: 'true',
  });
  assert.deepEqual(group.targets.map(said), [
    { __address__: '[fd00::1]:10250', instance: 'n1', node_address_Hostname: 'n1', node_address_InternalIP: 'fd00::1' },
  ]);
  assert.equal(nodeGroup({ metadata: { name: 'n1' } }), undefined);
});

test('a service is a target for each port, by its name', () => {
  const service: KubeObject = {
    metadata: { name: 's', namespace: 'shop' },
    spec: { type: 'LoadBalancer', clusterIP: '10.2.0.1', ports: [{ name: 'http', port: 80 }] },
    status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }, { ip: '1.2.3.5' }] } },
  };
  assert.deepEqual(serviceGroup(service).targets.map(said), [
    {
      __address__: 's.shop.svc:80',
      service_port_name: 'http',
      service_port_number: '80',
      service_port_protocol: 'TCP',
      service_type: 'LoadBalancer',
      service_cluster_ip: '10.2.0.1',
      service_loadbalancer_ip: '1.2.3.4,1.2.3.5',
    },
  ]);
  const external: KubeObject = {
    ...service,
    spec: { type: 'ExternalName', externalName: 'e.x', ports: [{ port: 1 }] },
  };
  assert.equal(serviceGroup(external).targets[0]!.__meta_kubernetes_service_external_name, 'e.x');
  assert.equal(serviceGroup(external).targets[0]!.__meta_kubernetes_service_cluster_ip, undefined);
});

test('endpoints are targets with their pod’s labels, and the pod’s other ports are targets too', () => {
  const endpoints: KubeObject = {
    metadata: { name: 's', namespace: 'shop' },
    subsets: [
      {
        addresses: [{ ip: '10.0.0.1', nodeName: 'n1', targetRef: { kind: 'Pod', namespace: 'shop', name: 'web-1' } }],
        notReadyAddresses: [{ ip: '10.0.0.9', hostname: 'h' }],
        ports: [{ name: 'http', port: 80 }],
      },
    ],
  };
  const targets = endpointTargets(endpointsAddresses(endpoints), {
    pod: (key) => (key === 'shop/web-1' ? pod : undefined),
    nodeLabels: () => ({}),
  });
  const container = { pod_container_name: 'web', pod_container_image: 'web:1', pod_container_init: 'false' };
  assert.deepEqual(targets.map(said), [
    {
      __address__: '10.0.0.1:80',
      endpoint_port_name: 'http',
      endpoint_port_protocol: 'TCP',
      endpoint_ready: 'true',
      endpoint_node_name: 'n1',
      endpoint_address_target_kind: 'Pod',
      endpoint_address_target_name: 'web-1',
      ...podOnly,
      ...container,
      pod_container_port_name: 'http',
      pod_container_port_number: '80',
      pod_container_port_protocol: 'TCP',
    },
    {
      __address__: '10.0.0.9:80',
      endpoint_port_name: 'http',
      endpoint_port_protocol: 'TCP',
      endpoint_ready: 'false',
      endpoint_hostname: 'h',
    },
    {
      __address__: '10.0.0.1:9000',
      ...podOnly,
      ...container,
      pod_container_port_number: '9000',
      pod_container_port_protocol: 'UDP',
    },
  ]);
});

test('an endpoint slice says its conditions; of two families the first is taken', () => {
  const slice: KubeObject = {
    metadata: { name: 's-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 's' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 80, protocol: 'TCP', appProtocol: 'http' }],
    endpoints: [
      {
        addresses: ['10.0.0.1'],
        conditions: { ready: true, serving: true, terminating: false },
        zone: 'a',
        nodeName: 'n1',
      },
    ],
  };
  assert.deepEqual(said(sliceAddresses(slice)[0]!.labels), {
    __address__: '10.0.0.1:80',
    endpointslice_port_name: 'http',
    endpointslice_port_protocol: 'TCP',
    endpointslice_port: '80',
    endpointslice_port_app_protocol: 'http',
    endpointslice_endpoint_conditions_ready: 'true',
    endpointslice_endpoint_conditions_serving: 'true',
    endpointslice_endpoint_conditions_terminating: 'false',
    endpointslice_endpoint_zone: 'a',
    endpointslice_endpoint_node_name: 'n1',
  });
  const dual = (ipFamilies: string[]): KubeObject => ({
    metadata: { name: 's' },
    spec: { ipFamilyPolicy: 'PreferDualStack', ipFamilies },
  });
  assert.equal(isSecondFamily(dual(['IPv6', 'IPv4']), slice), true);
  assert.equal(isSecondFamily(dual(['IPv4', 'IPv6']), slice), false);
  assert.equal(isSecondFamily(undefined, slice), false);
});

test('an ingress is a target for each path, encrypted where a host of its certificates matches', () => {
  const ingress: KubeObject = {
    metadata: { name: 'i', namespace: 'shop' },
    spec: {
      ingressClassName: 'c',
      tls: [{ hosts: ['*.example.com'] }],
      rules: [{ host: 'a.example.com', http: { paths: [{ path: '/x' }, {}] } }, { host: 'a.b.example.com' }],
    },
  };
  const group = ingressGroup(ingress);
  assert.deepEqual(said(group.labels), { namespace: 'shop', ingress_class_name: 'c', ingress_name: 'i' });
  assert.deepEqual(
    group.targets.map((target) => Object.values(said(target)).join(' ')),
    [
      'a.example.com https a.example.com /x',
      'a.example.com https a.example.com /',
      'a.b.example.com http a.b.example.com /',
    ],
  );
});
