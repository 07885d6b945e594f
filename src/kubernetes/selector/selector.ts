/** The door: label and field selectors, as the Kubernetes API writes them. */
export * from './field-selector.ts';
export * from './label-selector.ts';
