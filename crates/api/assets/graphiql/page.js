// Starts GraphiQL on the API beside this page.
(() => {
  'use strict';

  // Lines short enough for the editor's half of a small screen.
  const welcome = `# Welcome to Regulars. The book at the left
# explains every field; Ctrl-Space completes.
# Ctrl-Enter runs the operation at the cursor.
#
# 1. Sign in (as it stands: "make run" made
#    this owner and some customers).

mutation SignIn {
  obtainToken(
    email: "merchant@example.com"
    password: "regulars-demo"
  ) {
    success
    errors
    token
  }
}

# 2. Put the token into "Headers" below:
#    { "Authorization": "Bearer …" }
# 3. Ask.

query Customers {
  consumers(first: 5) {
    edges {
      node {
        id
        firstname
        lastname
        pointsEarned
      }
    }
  }
}
`;

  // Relative to the page, so that it also holds behind a proxy that serves this under a path of its own.
  const fetcher = GraphiQL.createFetcher({ url: new URL('graphql', location.href).pathname });

  ReactDOM.createRoot(document.getElementById('graphiql')).render(
    React.createElement(GraphiQL, {
      fetcher,
      defaultQuery: welcome,
      defaultEditorToolsVisibility: 'headers',
      isHeadersEditorEnabled: true,
      // A token is not for the browser's storage.
      shouldPersistHeaders: false,
    }),
  );
})();
