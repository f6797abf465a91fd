// Relay reads its documents from tagged templates; it is the strictest of the three on connections and names.
declare function graphql(text: TemplateStringsArray): unknown;

export const queue = graphql`
  query queueQuery($filter: TicketFilter, $count: Int!, $after: String) {
    viewer {
      id
      name
    }
    ...queue_tickets @arguments(filter: $filter, count: $count, after: $after)
  }
`;

// Refetchable on Query, and a connection that Relay pages by itself.
export const tickets = graphql`
  fragment queue_tickets on Query
  @argumentDefinitions(filter: { type: "TicketFilter" }, count: { type: "Int", defaultValue: 25 }, after: { type: "String" })
  @refetchable(queryName: "queueTicketsPageQuery") {
    tickets(filter: $filter, first: $count, after: $after) @connection(key: "queue_tickets", filters: ["filter"]) {
      edges {
        node {
          id
          ...queue_ticket
        }
      }
    }
  }
`;

// Refetchable on a Node: Relay demands `node(id: ID!): Node`.
export const ticket = graphql`
  fragment queue_ticket on Ticket @refetchable(queryName: "queueTicketQuery") {
    reference
    subject
    status
    createdAt
    requester {
      name
    }
    lastComment {
      author {
        __typename
        ... on User {
          name
        }
      }
    }
  }
`;

export const claim = graphql`
  mutation queueClaimMutation($input: ClaimTicketInput!) {
    claimTicket(input: $input) {
      ticket {
        ...queue_ticket
      }
      userErrors {
        code
        message
      }
    }
  }
`;
