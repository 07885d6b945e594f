export type MatchOp = '=' | '!=' | '=~' | '!~';

/** Values whose result a pattern remembers; when it is full it starts anew. */
const rememberedMax = 10_000;

/** A test of a label's value; a pattern must match all of it. `compile` throws where the pattern is wrong, and so does this. */
export function labelTest(
  op: MatchOp,
  value: string,
  compile: (pattern: string) => { matches(text: string): boolean },
): (text: string) => boolean {
  if (op === '=') return (text) => text === value;
  if (op === '!=') return (text) => text !== value;
  const matches = patternTest(value, compile);
  return op === '=~' ? matches : (text) => !matches(text);
}

function patternTest(
  pattern: string,
  compile: (pattern: string) => { matches(text: string): boolean },
): (text: string) => boolean {
  if (pattern === '.*') return () => true;
  if (pattern === '.+') return (text) => text !== '';
  if (/^[\w\-:/ |]*$/.test(pattern)) {
    const alternatives = new Set(pattern.split('|'));
    return (text) => alternatives.has(text);
  }
  const compiled = compile(pattern);
  const remembered = new Map<string, boolean>();
  return (text) => {
    let result = remembered.get(text);
    if (result === undefined) {
      result = compiled.matches(text);
      if (remembered.size >= rememberedMax) remembered.clear();
      remembered.set(text, result);
    }
    return result;
  };
}
