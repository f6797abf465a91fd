// What the checks say to a desk with sample data, and how they are started.

export const SIGN_IN = `mutation SignIn($email: String!, $password: String!) {
  signIn(input: { email: $email, password: $password }) { session { accessToken } userErrors { message } }
}`;
export const CREATE = `mutation ($subject: String!, $tags: [String!]) {
  createTicket(input: { subject: $subject, description: "It blinks.", tags: $tags }) {
    ticket { id } userErrors { message }
  }
}`;

/** Where the server's API is, and the agent whose password is in GUICHET_DEMO_PASSWORD. */
export function started() {
  const [, script, url] = process.argv;
  const password = process.env.GUICHET_DEMO_PASSWORD;
  if (!url || !password) {
    console.error(`usage: GUICHET_DEMO_PASSWORD=… node ${script} URL`);
    process.exit(2);
  }
  return { url, agent: { email: "agent@demo.guichet.test", password } };
}
