const welcome = `# Most of Guichet wants to know who asks.
# Run this with your password, then put the
# accessToken into the Headers tab below:
#
#   { "Authorization": "Bearer ..." }

mutation SignIn {
  signIn(input: {
    email: "agent@demo.guichet.test"
    password: ""
  }) {
    session {
      accessToken
      expiresAt
    }
    userErrors {
      code
      message
    }
  }
}

query Me {
  viewer {
    name
    role
  }
}
`;

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: "/graphql" }),
    defaultQuery: welcome,
    defaultEditorToolsVisibility: "headers",
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
  }),
);
