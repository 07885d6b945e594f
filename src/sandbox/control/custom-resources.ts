import { nameColumn, notFound, type Resource, type ResourceInfo } from '../../kubernetes/serve/serve.ts';

const info: ResourceInfo = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  verbs: ['get', 'list'],
  subresources: [],
};

/** There are no custom resources here and none can be made; kubectl asks which there are before it creates a review. */
export function customResourceDefinitions(version: () => number): Resource {
  return {
    info,
    columns: [nameColumn],
    backing: {
      get: async (_, { name }) => {
        throw notFound(info, name);
      },
      list: async () => ({ items: [], resourceVersion: String(version()) }),
    },
  };
}
