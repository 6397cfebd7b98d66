// Judges documents and answers by a schema, with the reference implementation of GraphQL.
import assert from 'node:assert/strict';

import { execute, parse, validate } from 'graphql';

/** What is wrong with a document. */
export function documentErrors(schema, text) {
  return validate(schema, parse(text)).map(({ message }) => message);
}

/** The type of an object that only says that it is a node: `gid://shopify/Customer/7`, or what it has. */
function typeOf(value) {
  const kind = /^gid:\/\/shopify\/(\w+)\/\d+$/.exec(value.id ?? '')?.[1];
  // A selection without `id`: the lines of an order.
  return kind ?? ('lineItems' in value ? 'Order' : undefined);
}

/** What is wrong with the data of an answer: the query is executed over the answer itself, and must answer just the same. */
export function answerErrors(schema, text, variableValues, data) {
  const result = execute({
    schema,
    document: parse(text),
    variableValues,
    rootValue: data,
    // Answers have aliases, not fields; what is missing is an error, not null.
    fieldResolver(source, _args, _context, { path, parentType }) {
      if (!Object.hasOwn(source, path.key)) throw new Error(`${parentType}.${path.key} is missing`);
      return source[path.key];
    },
    typeResolver: typeOf,
  });
  const errors = (result.errors ?? []).map(({ message, path }) => `${path?.join('.')}: ${message}`);
  if (errors.length > 0) return errors;
  try {
    assert.deepEqual(JSON.parse(JSON.stringify(result.data)), data);
    return [];
  } catch (error) {
    return [error.message];
  }
}
