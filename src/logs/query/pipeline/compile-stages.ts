import type { Stage } from '../syntax/ast.ts';
import { compileDecolorize } from './decolorize.ts';
import { compileDrop, compileKeep } from './drop-keep.ts';
import { compileLabelFormat, compileLineFormat } from './formats.ts';
import { compileJsonExtract } from './json-extract.ts';
import { compileJsonParser } from './json-parser.ts';
import { compileLabelFilter } from './label-filter.ts';
import { compileLineFilter } from './line-filter.ts';
import { compileLogfmt } from './logfmt-parser.ts';
import { compilePatternParser } from './pattern-parser.ts';
import { compileRegexpParser } from './regexp-parser.ts';
import { isWanted, type StageRun, type Wanted } from './stage.ts';
import { compileUnpack } from './unpack.ts';

export function compileStage(stage: Stage, wanted: Wanted): StageRun {
  switch (stage.kind) {
    case 'line_filter':
      return compileLineFilter(stage);
    case 'json':
      return stage.extractions.length > 0 ? compileJsonExtract(stage.extractions, wanted) : compileJsonParser(wanted);
    case 'logfmt':
      return compileLogfmt(stage, wanted);
    case 'regexp':
      return compileRegexpStage(stage.pattern, wanted);
    case 'pattern':
      return compilePatternStage(stage.pattern, wanted);
    case 'unpack':
      return compileUnpack(wanted);
    case 'decolorize':
      return compileDecolorize();
    case 'label_filter':
      return compileLabelFilter(stage.filter);
    case 'line_format':
      return compileLineFormat(stage.template);
    case 'label_format':
      return compileLabelFormat(stage.formats);
    case 'drop':
      return compileDrop(stage.labels);
    case 'keep':
      return compileKeep(stage.labels);
  }
}

function compileRegexpStage(pattern: string, wanted: Wanted): StageRun {
  const parser = compileRegexpParser(pattern);
  return (line) => {
    parser(line.text, (name, value) => {
      const target = line.labels.parsedName(name);
      if (isWanted(wanted, target) && !line.labels.wasExtracted(target)) line.labels.set(target, value);
    });
    return true;
  };
}

function compilePatternStage(pattern: string, wanted: Wanted): StageRun {
  const parser = compilePatternParser(pattern);
  if (wanted.names?.size === 0) return () => true;
  return (line) => {
    parser(line.bytes, (name, from, to) => {
      const target = line.labels.parsedName(name);
      if (isWanted(wanted, target) && !line.labels.wasExtracted(target)) {
        line.labels.set(target, line.bytes.toString('utf8', from, to));
      }
    });
    return true;
  };
}
