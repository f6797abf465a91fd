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

const api = new URL("/graphql", location.href).href;

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({
      url: api,
      // Subscriptions take what is in the Headers tab along in `connection_init`.
      subscriptionUrl: api.replace(/^http/, "ws"),
    }),
    defaultQuery: welcome,
    defaultEditorToolsVisibility: "headers",
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
  }),
);
