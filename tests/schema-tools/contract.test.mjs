// The comparison finds breaks: in small schemas, and in ours with a field taken away.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { parse, print, visit } from "graphql";
import { judge } from "./contract.mjs";

const SMALL = "enum Color { RED BLUE } type Query { name: String color: Color! list(first: Int): [String!]! }";

async function refused(next, allowed = []) {
  const { lines, isGood } = await judge(SMALL, next, allowed);
  assert.equal(isGood, false, lines.join("\n"));
  return lines.join("\n");
}

test("additions are free", async () => {
  const more = SMALL.replace("name: String", "name: String age: Int").replace("first: Int", "first: Int after: String");
  const { isGood } = await judge(SMALL, more, []);
  assert.ok(isGood);
});

test("what breaks clients is named", async () => {
  assert.match(await refused(SMALL.replace("name: String ", "")), /BREAKS CLIENTS: .*name.* \[Query\.name\]/);
  assert.match(await refused(SMALL.replace(" BLUE", "")), /\[Color\.BLUE\]/);
  assert.match(await refused(SMALL.replace("color: Color!", "color: Color")), /\[Query\.color\]/);
  assert.match(await refused(SMALL.replace("first: Int", "first: Int!")), /\[Query\.list\.first\]/);
});

test("a break passes with a reason, and only with one that is needed", async () => {
  const next = SMALL.replace("name: String ", "");
  const reason = "nobody had a name";
  const allowed = await judge(SMALL, next, [{ path: "Query.name", reason }]);
  assert.ok(allowed.isGood);
  assert.match(allowed.lines.join("\n"), /nobody had a name/);
  assert.match(await refused(next, [{ path: "Query.name", reason: " " }]), /WITHOUT A REASON/);
  assert.match(await refused(SMALL, [{ path: "Query.name", reason }]), /NOT THERE: Query\.name/);
});

test("a field taken from schema.graphql is missed", async () => {
  const released = readFileSync(new URL("released.graphql", import.meta.url), "utf8");
  // Of a type that tickets are read through, and that nothing makes up for.
  const document = visit(parse(released), {
    ObjectTypeDefinition: (type) => (type.name.value === "Ticket" ? undefined : false),
    FieldDefinition: (field) => (field.name.value === "reference" ? null : undefined),
  });
  const next = print(document);
  const { lines, isGood } = await judge(released, next, []);
  assert.equal(isGood, false);
  assert.match(lines.join("\n"), /\[Ticket\.reference\]/);
});
