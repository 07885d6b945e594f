import { labelText } from './page.ts';

export interface CadvisorNames {
  container?: string;
  id: string;
  image?: string;
  name?: string;
  namespace?: string;
  pod?: string;
}

type Further = 'cpu' | 'device' | 'failure_type' | 'interface';

/**
 * The labels that all of cAdvisor's series of one container have, as text, with room for one more in its place of the order:
 * a page has fifty series of each container, so this is put together once.
 */
export class CadvisorLabels {
  readonly text: string;
  #container: string;
  #identity: string;
  #names: string;

  constructor({ container = '', id, image = '', name = '', namespace = '', pod = '' }: CadvisorNames) {
    this.#container = `{${labelText('container', container)}`;
    this.#identity = `,${labelText('id', id)},${labelText('image', image)}`;
    this.#names = `,${labelText('name', name)},${labelText('namespace', namespace)},${labelText('pod', pod)}`;
    this.text = `${this.#container}${this.#identity}${this.#names}}`;
  }

  with(further: Further, value: string, last?: 'scope', lastValue = ''): string {
    const text = `,${labelText(further, value)}`;
    const end = last === undefined ? '}' : `,${labelText(last, lastValue)}}`;
    if (further === 'interface') return this.#container + this.#identity + text + this.#names + end;
    return this.#container + text + this.#identity + this.#names + end;
  }
}
