import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../schema.graphql",
  documents: "operations/*.graphql",
  generates: { "generated/codegen/": { preset: "client", config: { strictScalars: true, scalars: { Date: "string", LocalTime: "string", DateTime: "string", Duration: "string", JSON: "unknown" } } } },
};

export default config;
