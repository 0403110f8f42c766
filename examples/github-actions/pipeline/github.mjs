// The few calls of GitHub's REST API that the steps need: https://docs.github.com/rest

/** One call; throws what GitHub answers where it refuses. `path` is below the repository. */
export async function github(method, path, body) {
  const response = await fetch(`${process.env.GITHUB_API_URL}/repos/${process.env.GITHUB_REPOSITORY}${path}`, {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${process.env.GITHUB_TOKEN}`,
      'content-type': 'application/json',
      'x-github-api-version': '2022-11-28',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Every row of a listing. */
export async function pages(path) {
  const rows = [];
  for (let page = 1; ; page += 1) {
    const found = await github('GET', `${path}?per_page=100&page=${page}`);
    rows.push(...found);
    if (found.length < 100) return rows;
  }
}
