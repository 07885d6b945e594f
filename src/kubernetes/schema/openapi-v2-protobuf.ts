/**
 * The version 2 document as protobuf, the only form in which kubectl asks for it
 * (application/com.github.proto-openapi.spec.v2.v1.0+protobuf). Field numbers: gnostic's OpenAPIv2.proto.
 */
import { isJsonObject, type JsonObject } from './own-property.ts';
import { WireWriter } from './wire-writer.ts';

const DOCUMENT = { swagger: 1, info: 2, paths: 8, definitions: 9 };
const INFO = { title: 1, version: 2 };
const SCHEMA_EXTENSION = 31;
const OPERATION_EXTENSION = 13;
const METHODS: [string, number][] = [
  ['get', 2],
  ['put', 3],
  ['post', 4],
  ['delete', 5],
  ['patch', 8],
];

/** Takes what openApiV2 gives. */
export function openApiV2Protobuf(document: JsonObject): Buffer {
  const writer = new WireWriter();
  writer.string(DOCUMENT.swagger, String(document.swagger));
  writer.message(DOCUMENT.info, (info) => {
    const given = document.info as JsonObject;
    info.string(INFO.title, String(given.title));
    info.string(INFO.version, String(given.version));
  });
  writer.message(DOCUMENT.paths, (paths) => {
    for (const [name, item] of entries(document.paths)) {
      named(paths, 2, name, (value) => writePathItem(value, item as JsonObject));
    }
  });
  writer.message(DOCUMENT.definitions, (definitions) => {
    for (const [name, schema] of entries(document.definitions)) {
      named(definitions, 1, name, (value) => writeSchema(value, schema as JsonObject));
    }
  });
  return writer.finish();
}

function writePathItem(writer: WireWriter, item: JsonObject): void {
  for (const [method, number] of METHODS) {
    if (isJsonObject(item[method]))
      writer.message(number, (value) => writeOperation(value, item[method] as JsonObject));
  }
  for (const parameter of item.parameters as JsonObject[])
    writer.message(9, (value) => writeParameter(value, parameter));
}

function writeOperation(writer: WireWriter, operation: JsonObject): void {
  writer.string(5, String(operation.operationId));
  for (const parameter of operation.parameters as JsonObject[]) {
    writer.message(8, (value) => writeParameter(value, parameter));
  }
  writer.message(9, (responses) => {
    for (const [code, response] of entries(operation.responses)) {
      named(responses, 1, code, (value) => value.message(1, (inner) => writeResponse(inner, response as JsonObject)));
    }
  });
  writeExtensions(writer, OPERATION_EXTENSION, operation);
}

function writeResponse(writer: WireWriter, response: JsonObject): void {
  writer.string(1, String(response.description));
  const { schema } = response;
  if (isJsonObject(schema)) writer.message(2, (item) => item.message(1, (value) => writeSchema(value, schema)));
}

/** ParametersItem holds a Parameter, which holds a body, or something else of which query and path parameters are two sorts. */
function writeParameter(writer: WireWriter, parameter: JsonObject): void {
  const { name, in: place, type, schema } = parameter;
  writer.message(1, (outer) => {
    if (place === 'body') {
      outer.message(1, (body) => {
        body.string(2, String(name));
        body.string(3, 'body');
        body.varint(4, 1n);
        body.message(5, (value) => writeSchema(value, schema as JsonObject));
      });
      return;
    }
    const isQuery = place === 'query';
    outer.message(2, (other) => {
      other.message(isQuery ? 3 : 4, (value) => {
        if (!isQuery) value.varint(1, 1n);
        value.string(2, String(place));
        value.string(4, String(name));
        value.string(isQuery ? 6 : 5, String(type));
      });
    });
  });
}

function writeSchema(writer: WireWriter, schema: JsonObject): void {
  const { $ref, format, description, required, additionalProperties, type, items, properties } = schema;
  if ($ref !== undefined) writer.string(1, String($ref));
  if (format !== undefined) writer.string(2, String(format));
  if (description !== undefined) writer.string(4, String(description));
  if (schema.default !== undefined) writeAny(writer, 5, schema.default);
  for (const name of (required as string[] | undefined) ?? []) writer.string(19, name);
  if (isJsonObject(additionalProperties)) {
    writer.message(21, (item) => item.message(1, (value) => writeSchema(value, additionalProperties)));
  }
  if (type !== undefined) writer.message(22, (item) => item.string(1, String(type)));
  if (isJsonObject(items)) writer.message(23, (item) => item.message(1, (value) => writeSchema(value, items)));
  if (isJsonObject(properties)) {
    writer.message(25, (list) => {
      for (const [name, property] of entries(properties)) {
        named(list, 1, name, (value) => writeSchema(value, property as JsonObject));
      }
    });
  }
  writeExtensions(writer, SCHEMA_EXTENSION, schema);
}

function writeExtensions(writer: WireWriter, number: number, node: JsonObject): void {
  for (const [name, value] of entries(node)) {
    if (name.startsWith('x-')) named(writer, number, name, (any) => any.string(2, yamlOf(value)));
  }
}

function writeAny(writer: WireWriter, number: number, value: unknown): void {
  writer.message(number, (any) => any.string(2, yamlOf(value)));
}

/** JSON is YAML. */
function yamlOf(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

function named(writer: WireWriter, number: number, name: string, write: (writer: WireWriter) => void): void {
  writer.message(number, (entry) => {
    entry.string(1, name);
    entry.message(2, write);
  });
}

function entries(value: unknown): [string, unknown][] {
  return isJsonObject(value) ? Object.entries(value) : [];
}
