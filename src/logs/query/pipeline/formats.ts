import { messageOf } from '../../../base/fault.ts';
import type { LabelFormat } from '../syntax/ast.ts';
import { parseTemplate } from '../template/parse-template.ts';
import { runTemplate, simpleField } from '../template/run-template.ts';
import type { Line } from './line.ts';
import type { StageRun } from './stage.ts';

const failure = 'TemplateFormatErr';

/** `| line_format`. A template that fails leaves the line and an error. */
export function compileLineFormat(source: string): StageRun {
  const template = parseTemplate(source);
  const field = simpleField(template);
  if (field !== undefined) {
    return (line) => {
      line.replace(line.labels.get(field) ?? '');
      return true;
    };
  }
  return (line) => {
    try {
      line.replace(runTemplate(template, contextOf(line)));
    } catch (error) {
      line.labels.fail(failure, messageOf(error));
    }
    return true;
  };
}

/** `| label_format`: renames, and values from templates, in their order; templates see the labels as they were at the first of them. */
export function compileLabelFormat(formats: readonly LabelFormat[]): StageRun {
  const compiled = formats.map((format) =>
    'from' in format ? format : { name: format.name, parsed: parseTemplate(format.template) },
  );
  return (line) => {
    const { labels } = line;
    let context: ReturnType<typeof contextOf> | undefined;
    for (const format of compiled) {
      if ('from' in format) {
        const value = labels.get(format.from);
        if (value === undefined) continue;
        labels.set(format.name, value);
        if (format.from !== format.name) labels.delete(format.from);
        continue;
      }
      context ??= contextOf(line);
      try {
        labels.set(format.name, runTemplate(format.parsed, context));
      } catch (error) {
        labels.fail(failure, messageOf(error));
      }
    }
    return true;
  };
}

function contextOf(line: Line) {
  return { labels: line.labels.toMap(), line: () => line.text, timeNs: line.timeNs };
}
